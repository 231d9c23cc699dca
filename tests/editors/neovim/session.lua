-- A session in Neovim with the shipped plugin: mistakes are shown and mended, texts completed, renamed and laid out.
package.path = vim.env.DRIVER .. '/?.lua;' .. package.path
local drive = require('drive')

local function line(number)
  return drive.lua('return vim.fn.getline(...)', number)
end

drive.run(function()
  drive.open('policy/main.route')
  drive.wait('the file type', 'return vim.bo.filetype == "route"')

  -- Colours of the generated syntax file.
  drive.equal(drive.lua('return vim.fn.synIDattr(vim.fn.synID(1, 1, 0), "name")'), 'routeItem')
  drive.equal(drive.lua('return vim.bo.commentstring'), '// %s')

  -- A mistake is shown, and mended by the menu of quick fixes.
  drive.says('R0101 6')
  drive.keys('6G0fc')
  drive.fix(1)
  drive.wait('the mend', [[return vim.fn.getline(6):match('data is confidential$')]])
  drive.says()

  -- The layout.
  drive.keys([[:lua if vim.lsp.buf.format then vim.lsp.buf.format() else vim.lsp.buf.formatting_sync() end<CR>]])
  drive.wait('the layout', [[return vim.fn.getline(6) == 'deny odd when data is confidential']])

  -- A value is completed by the keys that Vim has for it.
  drive.keys('6GA<CR>  and not data is pub<C-x><C-o>')
  drive.wait('the value', [[return vim.fn.getline(7) == '  and not data is public']])
  drive.keys('<Esc>')
  drive.mode('^n')
  drive.says()

  -- From 0.9 on words have the colours of what they mean.
  if drive.lua('return vim.lsp.semantic_tokens ~= nil') then
    drive.wait('the colours', 'return #vim.inspect_pos(0, 5, 5).semantic_tokens > 0')
  end

  -- From 0.11 on whole items come with places to fill in.
  if drive.lua('return vim.fn.has("nvim-0.11") == 1') then
    drive.keys('Goflag<C-x><C-o>')
    drive.wait('the menu', 'return vim.fn.pumvisible() == 1')
    drive.keys('<C-n><C-y>')
    drive.wait('the item', [[return vim.fn.getline('.'):match('^flag name when')]])
    drive.keys('odd')
    drive.wait('the name', [[return vim.fn.getline('.'):match('^flag odd when')]])
    drive.keys('<Esc><Esc>Vd')
    drive.wait('the removal', [[return vim.fn.getline('$') == 'use "more.route"']])
  end

  -- A name is explained, and found where it is declared.
  drive.keys('6G0fd;;')
  drive.keys(':lua vim.lsp.buf.hover()<CR>')
  local told = drive.wait('the explanation', [[
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= '' then
        return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), '\n')
      end
    end
  ]])
  assert(told:find('attribute data: data-class', 1, true), told)
  drive.keys('<C-]>')
  drive.wait('the declaration', 'return vim.fn.line(".") == 4')

  -- A rename goes through the text.
  drive.keys('3G0fc;;')
  drive.keys(':lua vim.lsp.buf.rename()<CR>')
  drive.mode('^c')
  drive.keys('<C-u>secret<CR>')
  drive.wait('the rename', [[return vim.fn.getline(3):match('secret$')]])
  drive.equal(line(6), 'deny odd when data is secret')
  drive.says()

  -- The root of the policy is its folder, and one server serves both of its files.
  drive.keys(':write<CR>:edit policy/more.route<CR>')
  drive.wait('the second file', 'return vim.fn.expand("%:t") == "more.route" and vim.bo.filetype == "route"')
  drive.says('R0101 2')
  local clients = drive.lua([[
    local clients = (vim.lsp.get_clients or vim.lsp.get_active_clients)()
    return vim.tbl_map(function(client) return vim.fn.fnamemodify(client.config.root_dir, ':t') end, clients)
  ]])
  drive.equal(clients, { 'policy' })
end)
