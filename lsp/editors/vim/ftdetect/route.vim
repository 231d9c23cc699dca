" Files of Route policies.
autocmd BufRead,BufNewFile *.route setfiletype route
