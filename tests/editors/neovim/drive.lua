-- Drives a Neovim as a person does: keys go in, what stands in its buffer is looked at. The driver is a Neovim of the same
-- version; the one that is driven starts as it does for anybody, with the configuration of the home that the test made.
local drive = {}

-- Longer than any answer takes, so that a lost one ends the test.
local PATIENCE_MS = 20000

local nvim = vim.env.NEOVIM
local channel

local function ask(...)
  return vim.fn.rpcrequest(channel, ...)
end

--- Opens a file in a Neovim of its own, which can show nothing but is otherwise whole.
function drive.open(file)
  channel = vim.fn.jobstart({ nvim, '--embed', '--headless', '-n', '-i', 'NONE', file }, { rpc = true })
  assert(channel > 0, nvim .. ' does not start')
  -- What would be written beside the text, as mail of other commands, is not to be waited for.
  ask('nvim_command', 'set shortmess+=I nomore')
end

--- Runs Lua there, and gives what it returns.
function drive.lua(code, ...)
  return ask('nvim_exec_lua', code, { ... })
end

--- Types keys; `<CR>` and its like are written in the notation of Vim.
function drive.keys(keys)
  local rest = keys
  while #rest > 0 do
    rest = rest:sub(ask('nvim_input', rest) + 1)
  end
end

--- Waits until Lua there says something other than nothing and `false`, and gives it.
function drive.wait(what, code, ...)
  local arguments, answer = { ... }, nil
  local came = vim.wait(PATIENCE_MS, function()
    answer = drive.lua(code, unpack(arguments))
    return answer ~= nil and answer ~= false and answer ~= vim.NIL
  end, 20)
  if not came then
    error(what .. ' did not come; the text is:\n' .. drive.text() .. '\n' .. drive.messages())
  end
  return answer
end

--- Waits until its mode is one of a Lua pattern, such as `^i` while text is inserted.
function drive.mode(wanted)
  local came = vim.wait(PATIENCE_MS, function()
    return ask('nvim_get_mode').mode:match(wanted)
  end, 10)
  assert(came, 'it is in mode ' .. ask('nvim_get_mode').mode .. ', not ' .. wanted)
end

function drive.text()
  return table.concat(drive.lua('return vim.api.nvim_buf_get_lines(0, 0, -1, false)'), '\n') .. '\n'
end

function drive.messages()
  return ask('nvim_exec', 'messages', true)
end

--- What stands in the line of the cursor from a column to the cursor.
function drive.typed_before(column)
  return drive.lua([[
    local _, own = unpack(vim.api.nvim_win_get_cursor(0))
    return vim.api.nvim_get_current_line():sub(... + 1, own)
  ]], column)
end

--- The diagnostics of the text that it shows: codes and lines, from 1 on.
function drive.diagnostics()
  return drive.lua([[
    return vim.tbl_map(function(one)
      local code = one.code or one.user_data and one.user_data.lsp and one.user_data.lsp.code
      return tostring(code) .. ' ' .. (one.lnum + 1)
    end, vim.diagnostic.get(0))
  ]])
end

--- Waits until the diagnostics are these, by code and line.
function drive.says(...)
  local wanted = { ... }
  local found
  local came = vim.wait(PATIENCE_MS, function()
    found = drive.diagnostics()
    table.sort(found)
    return vim.deep_equal(found, wanted)
  end, 20)
  assert(came, 'wanted ' .. vim.inspect(wanted) .. ', found ' .. vim.inspect(found) .. ' in\n' .. drive.text())
end

function drive.equal(found, wanted)
  assert(vim.deep_equal(found, wanted), 'wanted ' .. vim.inspect(wanted) .. ', found ' .. vim.inspect(found))
end

--- Chooses an entry of the menu of quick fixes at the cursor; menus of Neovim ask for a number.
function drive.fix(number)
  drive.keys('<Esc>:lua vim.lsp.buf.code_action()<CR>')
  drive.mode('^[cr]')
  drive.keys(number .. '<CR>')
  drive.mode('^n')
end

--- Runs a script that uses this, and ends this Neovim with a status that tells how it went.
function drive.run(script)
  local ok, wrong = xpcall(script, debug.traceback)
  if channel then
    pcall(vim.fn.jobstop, channel)
  end
  if ok then
    vim.cmd('qall!')
  end
  io.stderr:write(wrong .. '\n')
  vim.cmd('cquit 1')
end

return drive
