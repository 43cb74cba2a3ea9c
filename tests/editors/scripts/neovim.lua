-- Neovim 0.12: ghost text, its holes, diagnostics, fixes and extraction, by keys alone.
package.path = os.getenv("LACUNA_EDITOR_SCRIPTS") .. "/?.lua;" .. package.path
local steps = require("steps")
local step, wait, type_, equal = steps.step, steps.wait, steps.type, steps.equal

local function client()
  return vim.lsp.get_clients({ name = "lacuna", bufnr = 0 })[1]
end

-- The ghost text at the cursor, as it is drawn.
local function ghost()
  local namespace = vim.api.nvim_get_namespaces()["nvim.lsp.inline_completion"]
  local marks = vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })
  local shown = {}
  for _, mark in ipairs(marks) do
    for _, chunk in ipairs(mark[4].virt_text or {}) do
      table.insert(shown, chunk[1])
    end
    for _, line in ipairs(mark[4].virt_lines or {}) do
      table.insert(shown, "\n")
      for _, chunk in ipairs(line) do
        table.insert(shown, chunk[1])
      end
    end
  end
  return table.concat(shown)
end

local function seen_ghost()
  return wait("ghost text", function()
    return ghost() ~= "" and ghost()
  end)
end

-- How many tab stops an item has.
local function holes_of(item)
  local text = type(item.insert_text) == "table" and item.insert_text.value or ""
  local _, count = text:gsub("%${%d", "")
  return count
end

steps.run(function()
  step("trust is asked at the first save", function()
    vim.cmd.edit("orchard/pricing.py")
    wait("the server", client)
    local asked
    vim.ui.select = function(items, opts, choose)
      asked = opts.prompt
      choose(items[1])
    end
    type_(":w<CR>")
    wait("a question", function()
      return asked
    end)
    return asked
  end)

  step("diagnostics after a save", function()
    vim.cmd.edit("orchard/labels.py")
    wait("the server", client)
    type_(":w<CR>")
    local found = wait("a finding", function()
      return #steps.findings() > 0 and steps.findings()
    end)
    equal(#found, 1)
    equal(steps.line(found[1].lnum + 1), "def fits(label: str, width: int) -> bool:")
    return found[1].message
  end)

  step("hints at the end of lines", function()
    return wait("a hint", function()
      for _, each in ipairs(vim.lsp.inlay_hint.get({ bufnr = 0 })) do
        local label = each.inlay_hint.label
        return type(label) == "string" and label or label[1].value
      end
    end)
  end)

  step("utf-8 positions", function()
    equal(client().offset_encoding, "utf-8")
    return client().offset_encoding
  end)

  step("code action: resolve and apply", function()
    local menu
    vim.ui.select = function(items, opts, choose)
      menu = { items = vim.tbl_map(opts.format_item, items), choose = choose, first = items[1] }
    end
    vim.api.nvim_win_set_cursor(0, { 6, 4 })
    wait("a fix in the menu", function()
      menu = nil
      type_("gra")
      pcall(wait, "a menu", function()
        return menu
      end, 1)
      return menu and menu.items[1]:match("^Fix: ")
    end)
    menu.choose(menu.first)
    wait("the edit", function()
      return steps.line(6):match("len%(label%) <= width")
    end)
    equal(steps.line(6), '    return "é😀" != label and len(label) <= width')
    return menu.items[1]
  end)

  step("green after the fix", function()
    type_(":w<CR>")
    wait("no finding", function()
      return #steps.findings() == 0
    end)
    return "0 diagnostics"
  end)

  step("one action, one undo", function()
    type_("u")
    equal(steps.line(6), '    return "é😀" != label and len(label) < width')
    type_("<C-r>:w<CR>")
    return "u"
  end)

  step("extract without a selection, the new name under rename", function()
    vim.cmd.edit("orchard/invoice.py")
    wait("the server", client)
    vim.api.nvim_win_set_cursor(0, { 31, 8 })
    local menu
    vim.ui.select = function(items, opts, choose)
      for _, item in ipairs(items) do
        local title = opts.format_item(item)
        if title:match("^Extract ") then
          menu = { title = title, item = item, choose = choose }
          return
        end
      end
    end
    wait("an extraction", function()
      type_("gra")
      return pcall(wait, "a menu", function()
        return menu
      end, 1) and menu
    end)
    local before = steps.text()
    menu.choose(menu.item)
    wait("the edit", function()
      return steps.text() ~= before
    end)
    local name = menu.title:match('"([%w_]+)"')
    assert(steps.text():match("\ndef " .. name .. "%("), "no function " .. name)
    steps.rename("postage")
    assert(steps.text():match("\ndef postage%("), "no function postage")
    assert(not steps.text():match(name), name .. " is still there")
    type_("uu")
    equal(steps.text(), before)
    return menu.title
  end)

  step("ghost text", function()
    vim.cmd.edit("orchard/harvest.py")
    wait("the server", client)
    type_("Go")
    steps.write("def buyers(orders: list[Order]) -> set[str]:<CR>names = set()<CR>")
    steps.write("for order in orders:<CR>for line in order.")
    local text = seen_ghost()
    equal(steps.mode(), "i")
    return text
  end)

  step("ghost text is taken with Tab", function()
    local text, before = ghost(), steps.text()
    type_("<Tab>")
    wait("the accepted text", function()
      return steps.text() == before .. text
    end)
    -- A hole with alternatives opens a menu.
    steps.let_menu_open()
    equal(steps.mode():sub(1, 1), "i")
    type_("<Esc>:e!<CR>")
    return text
  end)

  step("Tab walks the holes of ghost text", function()
    -- Which of these lines leaves the model in doubt depends on its calibration.
    local typed = {
      "def fruit_of(orders: list[Order], customer: str) -> Counter:<CR>bought = Counter()<CR>for order in orders:<CR>for",
      "def total(orders: list[Order]) -> int:<CR>pieces = 0<CR>for order in orders:<CR>for line in",
      "def names(orders: list[Order]) -> list[str]:<CR>found = []<CR>for",
      "def first(orders: list[Order]) -> Order:<CR>ranked =",
    }
    local seen = {}
    for _, text in ipairs(typed) do
      type_("Go")
      steps.write(text)
      local came = pcall(wait, "ghost text", function()
        return ghost() ~= ""
      end, 5)
      if came then
        table.insert(seen, ghost())
        type_("<Tab>")
        wait("the accepted text", function()
          return ghost() == ""
        end)
        local stops = 0
        steps.let_menu_open()
        while vim.snippet.active() and stops < 10 do
          stops = stops + 1
          local place = vim.api.nvim_win_get_cursor(0)
          if not vim.snippet.active({ direction = 1 }) then
            break
          end
          type_("<Tab>")
          wait("the next place", function()
            return not vim.snippet.active() or not vim.deep_equal(place, vim.api.nvim_win_get_cursor(0))
          end)
          steps.let_menu_open()
        end
        if stops > 0 then
          type_("<Esc>:e!<CR>")
          return stops .. " holes: " .. seen[#seen]
        end
      end
      type_("<Esc>:e!<CR>")
    end
    error("no ghost text had a hole: " .. table.concat(seen, " | "), 0)
  end)
end)
