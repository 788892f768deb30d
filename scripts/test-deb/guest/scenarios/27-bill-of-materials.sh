# shellcheck shell=bash
# the bill of materials lists what is installed, file by file, and each has the hash it tells

stopped_miner
for package in aitbc-miner aitbc-mock-coordinator; do
  bill=/usr/share/doc/$package/$package.cdx.json.gz
  # shellcheck disable=SC2016 # a program for Node
  gunzip --stdout $bill | "$NODE" --input-type=module --eval '
    import { readFileSync } from "node:fs"
    const { metadata, components } = JSON.parse(readFileSync(0, "utf8"))
    const filesIn = (part) => [...(part.type === "file" ? [part] : []), ...(part.components ?? []).flatMap(filesIn)]
    for (const { name, hashes } of [metadata.component, ...components].flatMap(filesIn)) {
      process.stdout.write(`${hashes?.[0]?.content ?? "link"}  ${name}\n`)
    }
  ' >"$RESULTS/bill"
  sed 's/^[^ ]*  //' "$RESULTS/bill" | LC_ALL=C sort >"$RESULTS/listed"
  dpkg-query --listfiles $package | while read -r path; do [[ -d $path && ! -L $path ]] || printf '%s\n' "$path"; done |
    grep --invert-match --line-regexp --fixed-strings $bill | LC_ALL=C sort >"$RESULTS/installed"
  check "$package has files" test -s "$RESULTS/installed"
  check "$package: listed are the files installed" cmp "$RESULTS/listed" "$RESULTS/installed"
  # Scenarios change the conf.
  grep --invert-match --extended-regexp '^link|  /etc/' "$RESULTS/bill" >"$RESULTS/sums"
  check "$package: the hashes fit" sha256sum --check --quiet --strict "$RESULTS/sums"
  note "$package: $(wc --lines <"$RESULTS/sums") files with their hashes"
done
