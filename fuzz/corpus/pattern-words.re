(?m)^a\b.\B[^a-z&&[]]$|\w+
a b
ab