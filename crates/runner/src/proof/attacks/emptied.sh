# Tries tests that loop over what they find: over nothing, they find nothing wrong. "Delete what fails" is in METR's and
# BenchJack's (2605.12673) lists of what agents do.
[ "$work" = / ] || rm -rf "$work"/* "$work"/.[!.]* "$work"/..?*
