-- The three moments of the product as a user has them, on a project that nobody prepared: typed keys,
-- and how long each took. What is asked of a moment comes from `projects.py`.
package.path = os.getenv("LACUNA_EDITOR_SCRIPTS") .. "/?.lua;" .. package.path
local steps = require("steps")
local step, wait, type_, equal = steps.step, steps.wait, steps.type, steps.equal
local asked = vim.json.decode(os.getenv("LACUNA_MOMENTS"))

local function ghost()
  local namespace = vim.api.nvim_get_namespaces()["nvim.lsp.inline_completion"]
  local marks = vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })
  return #marks > 0 and marks[1][4].virt_text and marks[1][4].virt_text[1][1] or ""
end

-- Opens the menu until it has an item that begins so; the item, and how long it took to open.
local function menu_with(beginning)
  local chosen, took
  local select = vim.ui.select
  vim.ui.select = function(items, opts, choose)
    for _, item in ipairs(items) do
      local title = opts.format_item(item)
      if not chosen and title:sub(1, #beginning) == beginning then
        chosen = { title = title, take = function()
          choose(item)
        end }
      end
    end
  end
  wait("an item that begins with " .. beginning, function()
    local begun = steps.now_s()
    type_("gra")
    pcall(wait, "a menu", function()
      return chosen
    end, 1)
    took = steps.now_s() - begun
    return chosen
  end)
  vim.ui.select = select
  return chosen, took
end

local function milliseconds(seconds)
  return ("%d ms"):format(seconds * 1000)
end

steps.run(function()
  local original, saved_at
  local known = 0
  vim.cmd.edit(asked.file)
  original = steps.text()
  wait("the server", function()
    return vim.lsp.get_clients({ name = "lacuna", bufnr = 0 })[1]
  end)

  -- Examples in documentation may need what is not installed: they are red before anything is typed.
  local function settled_findings()
    local begun, heard = steps.now_s(), nil
    vim.api.nvim_create_autocmd("LspProgress", { callback = function(event)
      heard = event.data.params.value.kind == "end" and steps.now_s()
    end })
    type_(":w<CR>")
    wait("the tests' end", function()
      -- Where nothing has to run, nothing is heard.
      if heard == nil then
        return steps.now_s() - begun > 8
      end
      return heard and steps.now_s() - heard > 2
    end)
    return #steps.findings()
  end

  step("1: the first save", function()
    known = settled_findings()
    return known .. " diagnostics"
  end)

  step("1: a slip is typed, the save is red", function()
    vim.fn.search("^\\s*\\V" .. vim.fn.escape(asked.right, "\\") .. "\\$", "w")
    type_("^C")
    steps.write(asked.wrong)
    type_("<Esc>")
    wait("the slip", function()
      return steps.text() ~= original
    end)
    saved_at = steps.now_s()
    type_(":w<CR>")
    wait("a finding", function()
      return #steps.findings() > known
    end)
    return steps.findings()[#steps.findings()].message:match("^[^\n]*"), steps.now_s() - saved_at
  end)

  step("1: a fix with its evidence, from the menu: green", function()
    local item, opened = menu_with("Fix: ")
    local red, found_at = steps.text(), steps.now_s()
    item.take()
    wait("the edit", function()
      return steps.text() ~= red
    end)
    type_(":w<CR>")
    wait("no finding but those from before", function()
      return #steps.findings() == known
    end)
    return ("%s; listed %s after the save, the menu within %s, green %s later"):format(
      item.title,
      milliseconds(found_at - saved_at),
      milliseconds(opened),
      milliseconds(steps.now_s() - found_at)
    ), steps.now_s() - saved_at
  end)

  -- Types code at the end of the file; the ghost text, empty where none came, and how long it took.
  local function offered(code)
    type_("Go")
    -- The editor indents by itself.
    steps.write((code:gsub("\n%s*", "<CR>")))
    local begun = steps.now_s()
    pcall(wait, "ghost text", function()
      return ghost() ~= ""
    end, 4)
    return ghost(), steps.now_s() - begun
  end

  -- Takes the ghost text with Tab and visits its holes with Tab: how many there were.
  local function walk_holes()
    type_("<Tab>")
    wait("the accepted text", function()
      return ghost() == ""
    end)
    local stops = 0
    steps.let_menu_open()
    while vim.snippet.active({ direction = 1 }) and stops < 9 do
      stops = stops + 1
      type_("<Tab>")
      steps.let_menu_open()
    end
    return stops
  end

  step("2: ghost text, Tab takes it, Tab visits its doubts", function()
    local seen = {}
    for _, code in ipairs(asked.typed) do
      local text, took = offered(code)
      if text ~= "" then
        table.insert(seen, ("%s after %s, %d holes"):format(text, milliseconds(took), walk_holes()))
      end
      type_("<Esc>:e!<CR>")
    end
    assert(#seen > 0, "no ghost text")
    return table.concat(seen, "; ")
  end)

  if #asked.doubted > 0 then
    step("by keyboard alone: ghost text with three holes is walked", function()
      local seen = {}
      for _, code in ipairs(asked.doubted) do
        local text = offered(code)
        local holes = text ~= "" and walk_holes() or 0
        type_("<Esc>:e!<CR>")
        table.insert(seen, ("%d holes in %s"):format(holes, text))
        if holes >= 3 then
          return seen[#seen]
        end
      end
      error("too few: " .. table.concat(seen, ", "), 0)
    end)
  end

  step("3: a long function, nothing selected: extracted", function()
    vim.fn.cursor(1, 1)
    assert(vim.fn.search(asked.long) > 0, "no such line")
    local item, opened = menu_with("Extract ")
    local before = steps.text()
    item.take()
    wait("the edit", function()
      return steps.text() ~= before
    end)
    steps.rename("another_name")
    return item.title .. "; the menu within " .. milliseconds(opened)
  end)

  step("3: still green", function()
    local left = settled_findings()
    assert(left <= known, left .. " diagnostics")
    return left .. " diagnostics"
  end)
end)
