-- The entry for nvim-lspconfig starts the server, at the project's root.
package.path = os.getenv("LACUNA_EDITOR_SCRIPTS") .. "/?.lua;" .. package.path
local steps = require("steps")

steps.run(function()
  steps.step("the entry starts the server", function()
    vim.cmd.edit("orchard/labels.py")
    local client = steps.wait("the server", function()
      return vim.lsp.get_clients({ name = "lacuna", bufnr = 0 })[1]
    end)
    steps.equal(vim.fs.basename(client.root_dir), "orchard")
    steps.equal(vim.fs.basename(vim.fs.dirname(client.root_dir)), "wörk space")
    return client.root_dir
  end)
end)
