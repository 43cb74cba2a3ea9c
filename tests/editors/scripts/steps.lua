-- What the Neovim scripts share: typed keys, waiting for what a user would see, and a row a feature.
--
-- A script is a coroutine that the editor's own loop resumes. So keys go through the editor's queue
-- while it is in insert mode or in a menu, as a user's do, and nothing blocks it.
local M = { opened_ns = vim.loop.hrtime() }

local POLL_MS = 5
local PATIENCE_S = tonumber(os.getenv("LACUNA_EDITOR_PATIENCE_S") or "60")
local rows = assert(io.open(assert(os.getenv("LACUNA_EDITOR_ROWS")), "a"))
local me

function M.now_s()
  return vim.loop.hrtime() / 1e9
end

-- Lets the editor work for a moment.
local function pause()
  local timer = vim.loop.new_timer()
  timer:start(POLL_MS, 0, function()
    timer:close()
    vim.schedule(function()
      assert(coroutine.resume(me))
    end)
  end)
  coroutine.yield()
end

-- The first value of `seen` that is neither nil nor false.
function M.wait(what, seen, patience_s)
  local last = M.now_s() + (patience_s or PATIENCE_S)
  while M.now_s() < last do
    local value = seen()
    if value then
      return value
    end
    pause()
  end
  error("not seen: " .. what, 0)
end

-- Keys of a command, which the editor gets at once: in the midst of one it runs no script.
function M.type(keys)
  vim.api.nvim_input(keys)
  pause()
  pause()
end

-- Text as it is typed in insert mode, a character at a time; line breaks are <CR>.
function M.write(text)
  while #text > 0 do
    local key = text:match("^<[%w-]+>") or vim.fn.strcharpart(text, 0, 1)
    vim.api.nvim_input(key)
    text = text:sub(#key + 1)
    pause()
  end
  pause()
end

function M.mode()
  return vim.api.nvim_get_mode().mode
end

function M.note(feature, ok, seconds, seen)
  rows:write(vim.fn.json_encode({ feature = feature, ok = ok, seconds = seconds, seen = seen or "" }), "\n")
  rows:flush()
end

-- One row: `perform` returns what was seen, as text, and perhaps how long it took by its own clock.
function M.step(feature, perform)
  local begun = M.now_s()
  local ok, seen, seconds = pcall(perform)
  M.note(feature, ok, seconds or (M.now_s() - begun), seen)
end

-- The menu of a hole with alternatives, which Neovim opens a moment after it has come there.
function M.let_menu_open()
  pcall(M.wait, "a menu", function()
    return vim.fn.pumvisible() == 1
  end, 0.3)
end

-- After an extraction: the command line is ready to replace the new name, which becomes `name`.
function M.rename(name)
  M.wait("the new name in the command line", function()
    return vim.fn.getcmdline():match("^%%s/")
  end)
  M.type("<C-w>" .. name .. "<CR>")
  M.wait("the name that was typed", function()
    return M.text():match(name .. "%(")
  end)
end

function M.line(number)
  return vim.api.nvim_buf_get_lines(0, number - 1, number, false)[1]
end

function M.text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
end

function M.equal(seen, expected)
  if not vim.deep_equal(seen, expected) then
    error(("expected %s, seen %s"):format(vim.inspect(expected), vim.inspect(seen)), 0)
  end
end

-- The diagnostics of this server in the current buffer.
function M.findings()
  return vim.tbl_filter(function(each)
    return each.source == "lacuna"
  end, vim.diagnostic.get(0))
end

function M.run(script)
  me = coroutine.create(function()
    local ok, problem = xpcall(script, debug.traceback)
    if not ok then
      M.note("the script", false, 0, problem)
    end
    M.note("errors in the editor", vim.v.errmsg == "", 0, vim.v.errmsg)
    vim.cmd("silent! qall!")
  end)
  vim.schedule(function()
    assert(coroutine.resume(me))
  end)
end

return M
