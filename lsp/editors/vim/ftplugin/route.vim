" How comments and names of Route policies are written.
if exists('b:did_ftplugin') | finish | endif
let b:did_ftplugin = 1

setlocal comments=:///,:// commentstring=//\ %s iskeyword+=-
let b:undo_ftplugin = 'setlocal comments< commentstring< iskeyword<'
