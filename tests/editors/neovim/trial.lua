-- The policy of the tour, written by somebody who knows what it shall say: a character is typed where the menu of completions
-- does not have what comes next, a slip is mended by its quick fix, and the layout is left to the server. What was typed and
-- what came from the server is counted.
package.path = vim.env.DRIVER .. '/?.lua;' .. package.path
local drive = require('drive')

-- Of a longer menu nobody reads more; another character is typed first.
local READ = 8

-- A completion that saves less is typed.
local SAVED = 2

local function read(path)
  local file = assert(io.open(path))
  local text = file:read('*a')
  file:close()
  return text
end

--- What is to be written, without the layout: one blank between words, nothing at the ends of lines.
local function plain(text)
  local lines = {}
  for line in text:gmatch('([^\n]*)\n') do
    local out, quoted = {}, false
    for character in line:gmatch('.') do
      if character == '"' then
        quoted = not quoted
      end
      if quoted or character ~= ' ' or (out[#out] or ' ') ~= ' ' then
        table.insert(out, character)
      end
    end
    table.insert(lines, (table.concat(out):gsub(' $', '')))
  end
  return table.concat(lines, '\n')
end

--- What an entry of the menu writes, where it has nothing to fill in.
local WRITES = [[
  local function writes(item)
    local text = item.textEdit.newText
    if text:find('${', 1, true) then return nil end
    return item.insertTextFormat == 2 and text:gsub('\\(.)', '%1') or text
  end
]]

--- What the menu of completions would show at the cursor, the first entries.
local function offered()
  return drive.lua(
    WRITES .. [[
    local line, column = unpack(vim.api.nvim_win_get_cursor(0))
    local given = { textDocument = vim.lsp.util.make_text_document_params(0), position = { line = line - 1, character = column } }
    local answers = vim.lsp.buf_request_sync(0, 'textDocument/completion', given, 20000) or {}
    local words = {}
    local own = vim.api.nvim_get_current_line()
    for _, answer in pairs(answers) do
      for _, item in ipairs((answer.result or {}).items or {}) do
        local before = own:sub(item.textEdit.range.start.character + 1, column)
        local text = writes(item)
        if text and vim.startswith(text, before) and #words < ... then
          table.insert(words, { text, item.textEdit.range.start.character })
        end
      end
    end
    return words
  ]],
    READ
  )
end

--- The longest offer that the rest of the text begins with, counted from where the offer begins.
local function wanted(rest)
  local best, saved = nil, SAVED - 1
  for _, offer in ipairs(offered()) do
    local before = drive.typed_before(offer[2])
    local whole = before .. rest
    local ends = whole:sub(#offer[1] + 1, #offer[1] + 1)
    local is_whole = not (offer[1]:match('[%w_-]$') and ends:match('[%w_-]'))
    if is_whole and whole:sub(1, #offer[1]) == offer[1] and #offer[1] - #before > saved then
      best, saved = offer[1], #offer[1] - #before
    end
  end
  return best, saved
end

--- Takes an entry of the menu, by the keys of Vim.
local function take(word)
  drive.keys('<C-x><C-o>')
  local index = drive.wait('the menu with ' .. word, WRITES .. [[
    for index, item in ipairs(vim.fn.complete_info({ 'items' }).items) do
      if writes(item.user_data.nvim.lsp.completion_item) == ... then return index end
    end
  ]], word)
  drive.keys(('<C-n>'):rep(index) .. '<C-y>')
  drive.wait(word .. ' in the text', 'return vim.fn.pumvisible() == 0 and vim.fn.getline("."):find(..., 1, true)', word)
  return index
end

-- `prose` is what was typed within quotes and comments: nobody else can know it.
local counted = { mended = 0, prose = 0, typed = 0, taken = 0, choices = 0, keys = 0 }

local function literally(character)
  local escaped = { ['<'] = '<lt>', ['\n'] = '<CR>' }
  drive.keys(escaped[character] or character)
  counted.typed = counted.typed + 1
end

-- A slip of the pen, and what was meant: it is mended by its quick fix.
local SLIP = { meant = 'confidential\nbecause', typed = 'confidental', line = 'when data is confidential$' }

local function slip()
  for character in SLIP.typed:gmatch('.') do
    literally(character)
  end
  drive.keys('<Esc>')
  drive.mode('^n')
  drive.wait('the mistake', [[
    for _, one in ipairs(vim.diagnostic.get(0)) do
      if one.lnum + 1 == vim.fn.line('.') and one.message:find('confidental', 1, true) then return true end
    end
  ]])
  drive.fix(1)
  drive.wait('the mend', 'return vim.fn.getline("."):match(...)', SLIP.line)
  counted.mended = counted.mended + 1
  drive.keys('A')
  drive.mode('^i')
end

drive.run(function()
  local target = read('target.route')
  local text = plain(target)
  drive.open('policy/main.route')
  drive.wait('the server', 'return #vim.tbl_values((vim.lsp.get_clients or vim.lsp.buf_get_clients)()) > 0')
  -- The menu waits for a choice, and closes brackets as it finds them.
  drive.keys(':set completeopt=menuone,noselect<CR>i')
  drive.mode('^i')
  local at = 1
  while at <= #text do
    local rest = text:sub(at)
    local begins_word = rest:match('^[%w_-]')
    local word, saved
    if rest:sub(1, #SLIP.meant) == SLIP.meant and counted.mended == 0 then
      slip()
      at = at + #SLIP.meant:match('^%a+')
      rest = text:sub(at)
    elseif begins_word then
      word, saved = wanted(rest)
    end
    if word then
      counted.keys = counted.keys + take(word) + 3
      counted.choices = counted.choices + 1
      counted.taken = counted.taken + saved
      at = at + saved
    else
      local line = text:sub(1, at):match('[^\n]*$')
      if line:match('^//') or select(2, line:gsub('"', '')) % 2 == 1 then
        counted.prose = counted.prose + 1
      end
      literally(rest:sub(1, 1))
      at = at + 1
    end
  end
  drive.keys('<Esc>')
  drive.mode('^n')
  drive.keys([[:lua if vim.lsp.buf.format then vim.lsp.buf.format() else vim.lsp.buf.formatting_sync() end<CR>]])
  drive.wait('the layout', 'return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\\n") .. "\\n" == ...', target)
  drive.says()
  drive.keys(':write<CR>')
  drive.wait('the file', 'return not vim.bo.modified')
  print(vim.json and vim.json.encode(counted) or vim.fn.json_encode(counted))
end)
