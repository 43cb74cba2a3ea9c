; Tests and suites are calls: the name of each, and what calls it.
(call_expression
  function: [
    (identifier) @caller
    (member_expression object: (identifier) @caller)
    (member_expression property: (property_identifier) @caller)
  ]
  arguments: (arguments . (string (string_fragment) @name))
  (#match? @caller "^(test|it|describe|suite)$")) @test
