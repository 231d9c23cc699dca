-- The language server of Route policies, as Neovim 0.11 and later find it by themselves.
return {
  cmd = { 'wayleave', 'lsp' },
  filetypes = { 'route' },
  -- The folder of the policy; the server finds a file's own root by what uses it.
  root_markers = { 'main.route', '.git' },
  -- What is chosen from the menu is written as the server means it: with places to fill in, and with its edits elsewhere.
  on_attach = function(client, buffer)
    vim.lsp.completion.enable(true, client.id, buffer)
  end,
}
