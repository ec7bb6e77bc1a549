// Package sign holds the installation's keys and everything made with them:
// wrapping of data keys, encryption of documents, blind indexes, keyed hashes
// of codes, rotating card codes and signed links.
//
// A [Ring] is one small secret text, read from a file (or a variable) that the
// caller names. It holds master keys, each with a number, the newest in use;
// and one index secret, which never changes because stored blind indexes
// depend on it. Every purpose gets its own key by HKDF (RFC 5869), so no key
// serves two.
//
// Whoever holds the ring and the database can read everything; whoever holds
// the database alone can read no personal data. Losing the ring loses the
// personal data: it is backed up apart from the database.
//
// The package knows nothing of what it seals and writes nothing but the key
// file.
package sign

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"joren/internal/fault"
)

const secretSize = 32

// Ring is the key ring. It is immutable and safe for concurrent use.
type Ring struct {
	index   []byte
	masters []master // oldest first; the last is in use
	lookup  []byte   // blind indexes
	codes   []byte   // keyed hashes of codes
}

type master struct {
	kid    uint32
	secret []byte
	wrap   cipher.AEAD
	card   []byte
	link   []byte
}

// New makes a ring with fresh keys.
func New() *Ring {
	r, err := build(random(), []master{{kid: 1, secret: random()}})
	if err != nil {
		panic(err)
	}
	return r
}

func random() []byte {
	b := make([]byte, secretSize)
	if _, err := rand.Read(b); err != nil {
		panic("sign: no randomness: " + err.Error())
	}
	return b
}

func build(index []byte, masters []master) (*Ring, error) {
	if len(index) != secretSize || len(masters) == 0 {
		return nil, damaged(errors.New("index or key missing"))
	}
	r := &Ring{index: index, lookup: derive(index, "lookup"), codes: derive(index, "code")}
	for i, m := range masters {
		if len(m.secret) != secretSize || m.kid == 0 || i > 0 && m.kid <= masters[i-1].kid {
			return nil, damaged(fmt.Errorf("key %d out of order or of a wrong size", m.kid))
		}
		m.wrap = newGCM(derive(m.secret, "wrap"))
		m.card, m.link = derive(m.secret, "card"), derive(m.secret, "link")
		r.masters = append(r.masters, m)
	}
	return r, nil
}

func damaged(err error) error { return fault.New(fault.Internal, "keys.damaged").Because(err) }

func derive(secret []byte, purpose string) []byte {
	k, err := hkdf.Key(sha256.New, secret, nil, "joren/1/"+purpose, secretSize)
	if err != nil {
		panic(err)
	}
	return k
}

func newGCM(key []byte) cipher.AEAD {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	a, err := cipher.NewGCM(b)
	if err != nil {
		panic(err)
	}
	return a
}

func (r *Ring) current() *master { return &r.masters[len(r.masters)-1] }

func (r *Ring) master(kid uint32) *master {
	for i := range r.masters {
		if r.masters[i].kid == kid {
			return &r.masters[i]
		}
	}
	return nil
}

// KeyID is the number of the master key in use.
func (r *Ring) KeyID() uint32 { return r.current().kid }

// Check is a short text that changes with the index secret and tells nothing
// of it. A database keeps it, to refuse to start with another shop's ring.
func (r *Ring) Check() string { return hex.EncodeToString(derive(r.index, "check")[:8]) }

// Rotated is the ring with a new master key in use; the old ones still open
// what they wrapped.
func (r *Ring) Rotated() *Ring {
	ms := append([]master(nil), r.masters...)
	n, err := build(r.index, append(ms, master{kid: r.KeyID() + 1, secret: random()}))
	if err != nil {
		panic(err)
	}
	return n
}

// Retired is the ring without the master keys before kid: what they alone
// wrapped is unreadable from then on, in old backups too.
func (r *Ring) Retired(kid uint32) (*Ring, error) {
	var keep []master
	for _, m := range r.masters {
		if m.kid >= kid {
			keep = append(keep, m)
		}
	}
	return build(r.index, keep)
}

const header = "joren-keys 1"

// Text is the ring as it stands in its file. It is secret.
func (r *Ring) Text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n# Secret. Without this file no personal data can be read. Keep a copy apart from the database.\nindex %x\n", header, r.index)
	for _, m := range r.masters {
		fmt.Fprintf(&b, "key %d %x\n", m.kid, m.secret)
	}
	return b.Bytes()
}

// Parse reads what [Ring.Text] wrote. Fault: keys.damaged.
func Parse(text []byte) (*Ring, error) {
	var index []byte
	var masters []master
	sc := bufio.NewScanner(bytes.NewReader(text))
	for n := 0; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		f := strings.Fields(line)
		switch {
		case n == 0 && line != header:
			return nil, damaged(errors.New("the first line is not " + header))
		case n == 0 || line == "" || line[0] == '#':
		case f[0] == "index" && len(f) == 2 && index == nil:
			index, _ = hex.DecodeString(f[1])
		case f[0] == "key" && len(f) == 3:
			kid, _ := strconv.ParseUint(f[1], 10, 32)
			secret, _ := hex.DecodeString(f[2])
			masters = append(masters, master{kid: uint32(kid), secret: secret})
		default:
			return nil, damaged(fmt.Errorf("line %d is not understood", n+1))
		}
	}
	return build(index, masters)
}

// Load reads the ring from path. Faults: keys.missing, keys.damaged,
// keys.too_open when others than the owner may read the file.
func Load(path string) (*Ring, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Internal, "keys.missing", "path", path)
	}
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fault.New(fault.Internal, "keys.too_open", "path", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(text)
}

// LoadOrCreate is [Load], making a new ring (mode 0600) when there is none.
// Call it only for a database that holds no member yet, or whose stored
// [Ring.Check] is compared afterwards.
func LoadOrCreate(path string) (r *Ring, created bool, err error) {
	r, err = Load(path)
	if !fault.Is(err, "keys.missing") {
		return r, false, err
	}
	r = New()
	if err := r.Save(path); err != nil {
		return nil, false, err
	}
	return r, true, nil
}

// Save writes the ring to path, whole or not at all, readable by the owner
// only.
func (r *Ring) Save(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // made with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(r.Text())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
