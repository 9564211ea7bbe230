mkdir "$PACK/bin"
python3 - "$PACK/bin/<<name>>" <<'END'
import hashlib, sys, urllib.request
program = urllib.request.urlopen("FILL IN: the https address of this very version").read()
assert hashlib.sha256(program).hexdigest() == "FILL IN: its SHA-256"
open(sys.argv[1], "wb").write(program)
END
chmod 755 "$PACK/bin/<<name>>"
