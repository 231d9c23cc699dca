; What Helix selects by `m i` and `m a`, and goes to by `[` and `]`: items as classes, tests, parameters and comments.
[ (provider) (detector) (classify) ] @class.around
[ (route) (approve) (deny) (forbid) (guarantee) ] @function.around
(test) @test.around
[ (comment) (doc_comment) ] @comment.inside
(comment)+ @comment.around
(doc_comment)+ @comment.around
