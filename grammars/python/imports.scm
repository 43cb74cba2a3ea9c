; Every way to name a module. `@module` stands alone; `@from` with `@name` is one of its members.
; `@text` may name a module too: what is imported by name, patched, or run as a program.

(import_statement name: (dotted_name) @module)
(import_statement name: (aliased_import name: (dotted_name) @module))
(import_from_statement module_name: (_) @from name: (dotted_name) @name)
(import_from_statement module_name: (_) @from name: (aliased_import name: (dotted_name) @name))
(import_from_statement module_name: (_) @module (wildcard_import))
(string_content) @text
