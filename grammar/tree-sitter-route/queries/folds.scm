[
  (provider)
  (model)
  (detector)
  (classify)
  (tree_branch)
  (block)
  (list)
  (target_list)
  (arms)
  (split)
  (ramp_clause)
  (test)
] @fold
