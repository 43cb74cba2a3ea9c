-- Neovim 0.7: diagnostics, fixes and completion items.
package.path = os.getenv("LACUNA_EDITOR_SCRIPTS") .. "/?.lua;" .. package.path
local steps = require("steps")
local step, wait, equal = steps.step, steps.wait, steps.equal

local function attached()
  return next(vim.lsp.buf_get_clients(0)) ~= nil
end

steps.run(function()
  step("connects", function()
    vim.cmd("edit orchard/labels.py")
    return wait("the server", function()
      return attached() and next(vim.lsp.buf_get_clients(0)) and "attached"
    end)
  end)

  step("diagnostics after a save", function()
    steps.type(":w<CR>")
    wait("a finding", function()
      return #steps.findings() > 0
    end)
    local found = steps.findings()
    equal(#found, 1)
    equal(steps.line(found[1].lnum + 1), "def fits(label: str, width: int) -> bool:")
    return found[1].message
  end)

  step("code action: resolve and apply", function()
    local menu
    vim.ui.select = function(items, opts, choose)
      menu = { title = opts.format_item(items[1]), choose = choose, first = items[1] }
    end
    vim.api.nvim_win_set_cursor(0, { 6, 4 })
    wait("a fix in the menu", function()
      menu = nil
      steps.type("gra")
      return pcall(wait, "a menu", function()
        return menu
      end, 1) and menu.title:match("^Fix: ")
    end)
    menu.choose(menu.first)
    wait("the edit", function()
      return steps.line(6) == '    return "é😀" != label and len(label) <= width'
    end)
    return menu.title
  end)

  step("green after the fix", function()
    steps.type(":w<CR>")
    wait("no finding", function()
      return #steps.findings() == 0
    end)
    return "0 diagnostics"
  end)

  step("completion items", function()
    vim.cmd("edit orchard/harvest.py")
    wait("the server", attached)
    steps.type("Go")
    steps.write("def buyers(orders: list[Order]) -> set[str]:<CR>names = set()<CR>")
    steps.write("for order in orders:<CR>for line in order.")
    local words
    wait("an item", function()
      steps.type("<C-x><C-o>")
      return pcall(wait, "the menu", function()
        words = vim.fn.complete_info({ "items" }).items
        return #words > 0
      end, 1)
    end)
    steps.type("<Esc>:e!<CR>")
    return words[1].abbr or words[1].word
  end)
end)
