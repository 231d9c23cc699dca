-- The language server of Route policies, as Neovim 0.11 and later find it by themselves.
return {
  cmd = { 'wayleave', 'lsp' },
  filetypes = { 'route' },
  -- The folder of the policy; the server finds a file's own root by what uses it.
  root_markers = { 'main.route', '.git' },
}
