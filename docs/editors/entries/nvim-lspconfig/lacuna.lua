---@brief
---
--- Lacuna: ghost text whose doubtful parts are tab stops, tests on save, verified fixes.
---
--- `lacuna-ls` can be installed with `pipx` or `uv`:
--- ```sh
--- pipx install lacuna-ls
--- ```
---
--- Nothing of a folder runs before it is trusted: Neovim asks at the first save.
--- Ghost text needs Neovim 0.12: `vim.lsp.inline_completion.enable()`.

---@type vim.lsp.Config
return {
  cmd = { 'lacuna-ls' },
  filetypes = { 'python', 'javascript', 'javascriptreact', 'typescript', 'typescriptreact' },
  root_markers = { 'pyproject.toml', 'package.json', '.git' },
}
