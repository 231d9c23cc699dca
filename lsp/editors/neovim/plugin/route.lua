-- Starts the language server for files of Route policies: by `vim.lsp.enable` from Neovim 0.11 on, in earlier ones by hand.
-- Another program than the `wayleave` on the path: `let g:wayleave_program = '/a/b/wayleave'`.
if vim.g.loaded_wayleave then
  return
end
vim.g.loaded_wayleave = true

local function command()
  return { vim.g.wayleave_program or 'wayleave', 'lsp' }
end

if vim.lsp.enable then
  if vim.g.wayleave_program then
    vim.lsp.config('route', { cmd = command() })
  end
  vim.lsp.enable('route')
  return
end

--- The folder of the nearest `main.route` or `.git` above a file, else the file's own.
local function root_of(path)
  local folder = vim.fn.fnamemodify(path, ':p:h')
  local found = vim.fn.findfile('main.route', folder .. ';')
  if found == '' then
    found = vim.fn.finddir('.git', folder .. ';')
  end
  return found == '' and folder or vim.fn.fnamemodify(found, ':p:h' .. (found:match('%.git/?$') and ':h' or ''))
end

-- Of Neovim before 0.8 one server a root is started and kept here.
local started = {}

local function start(buffer)
  local root = root_of(vim.api.nvim_buf_get_name(buffer))
  local settings = { name = 'route', cmd = command(), root_dir = root }
  if vim.fn.executable(settings.cmd[1]) == 0 then
    vim.notify_once('`' .. settings.cmd[1] .. '` is not on the path: install Wayleave, or set g:wayleave_program')
    return
  end
  if vim.lsp.start then
    vim.lsp.start(settings, { bufnr = buffer })
    return
  end
  if not started[root] then
    settings.on_exit = function()
      started[root] = nil
    end
    settings.workspace_folders = { { uri = vim.uri_from_fname(root), name = root } }
    -- As later versions do by themselves.
    settings.on_attach = function(_, attached)
      vim.bo[attached].omnifunc = 'v:lua.vim.lsp.omnifunc'
      vim.bo[attached].tagfunc = 'v:lua.vim.lsp.tagfunc'
      vim.bo[attached].formatexpr = 'v:lua.vim.lsp.formatexpr()'
    end
    started[root] = vim.lsp.start_client(settings)
  end
  if started[root] then
    vim.lsp.buf_attach_client(buffer, started[root])
  end
end

vim.api.nvim_create_autocmd('FileType', {
  pattern = 'route',
  group = vim.api.nvim_create_augroup('wayleave', {}),
  callback = function(event)
    -- Neovim 0.7 tells less.
    start(event.buf or tonumber(vim.fn.expand('<abuf>')))
  end,
})
