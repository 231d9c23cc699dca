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

--- What the menu of completions would show at the cursor, the first entries. Neovim takes of an entry what stands before its
--- first blank.
local function offered()
  return drive.lua(
    [[
    local line, column = unpack(vim.api.nvim_win_get_cursor(0))
    local given = { textDocument = vim.lsp.util.make_text_document_params(0), position = { line = line - 1, character = column } }
    local answers = vim.lsp.buf_request_sync(0, 'textDocument/completion', given, 20000) or {}
    local words = {}
    local text = vim.api.nvim_get_current_line()
    for _, answer in pairs(answers) do
      for _, item in ipairs((answer.result or {}).items or {}) do
        local before = text:sub(item.textEdit.range.start.character + 1, column)
        local fits = vim.startswith(item.textEdit.newText, before)
        if item.insertTextFormat ~= 2 and fits and #words < ... then
          table.insert(words, { item.textEdit.newText:match('^%S*'), item.textEdit.range.start.character })
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
  local index = drive.wait('the menu with ' .. word, [[
    for index, item in ipairs(vim.fn.complete_info({ 'items' }).items) do
      local meant = item.user_data.nvim.lsp.completion_item
      if meant.textEdit.newText:match('^%S*') == ... and meant.insertTextFormat ~= 2 then return index end
    end
  ]], word)
  drive.keys(('<C-n>'):rep(index) .. '<C-y>')
  drive.wait(word .. ' in the text', 'return vim.fn.pumvisible() == 0 and vim.fn.getline("."):find(..., 1, true)', word)
  return index
end

local counted = { typed = 0, taken = 0, choices = 0, keys = 0 }

local function literally(character)
  local escaped = { ['<'] = '<lt>', ['\n'] = '<CR>' }
  drive.keys(escaped[character] or character)
  counted.typed = counted.typed + 1
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
    if begins_word then
      word, saved = wanted(rest)
    end
    if word then
      counted.keys = counted.keys + take(word) + 3
      counted.choices = counted.choices + 1
      counted.taken = counted.taken + saved
      at = at + saved
      -- Some versions of Neovim also write the blank behind the colon of a field.
      if drive.typed_before(0):sub(-1) == ' ' and text:sub(at, at) == ' ' then
        counted.taken, at = counted.taken + 1, at + 1
      end
    else
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
