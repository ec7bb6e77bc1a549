//go:build unix

package db

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// Whatever is asked for in whatever order, a page that is lent is that of the
// file, and stays it until it is given back.
func TestALentPageIsThatOfTheFile(t *testing.T) {
	const page, pages = 4096, 700
	content := make([]byte, page*pages+100) // the last page is cut off
	r := rand.NewChaCha8([32]byte{})
	_, _ = r.Read(content)
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	given := 0
	rapid.Check(t, func(t *rapid.T) {
		l := newLender(int(f.Fd()))
		defer l.close()
		held := map[uintptr][]int64{}
		at, free := int64(0), 0
		same := func(p uintptr, off int64) {
			if got := unsafe.Slice((*byte)(pointer(p)), page); !bytes.Equal(got, content[off:off+page]) {
				t.Fatalf("the page at %d is another one", off)
			}
		}
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				at = rapid.Int64Range(0, pages).Draw(t, "to") * page
			case 1:
				l.forget()
			case 2, 3:
				for p, offs := range held {
					same(p, offs[0])
					l.giveBack(p)
					if held[p] = offs[1:]; len(offs) == 1 {
						delete(held, p)
					}
					free--
					break
				}
			default:
				at += page * rapid.Int64Range(1, 8).Draw(t, "on")
			}
			p := l.lend(at, page, rapid.IntRange(0, 9).Draw(t, "in order") > 0)
			if p == 0 {
				continue
			}
			if at+page > int64(len(content)) {
				t.Fatalf("a page at %d, beyond the end", at)
			}
			given++
			held[p] = append(held[p], at)
			free++
			for p, offs := range held {
				same(p, offs[0])
			}
		}
		lent := 0
		for i := range l.pieces {
			lent += l.pieces[i].lent
		}
		if lent != free {
			t.Fatalf("%d pages are lent, %d are held", lent, free)
		}
	})
	if given == 0 {
		t.Error("nothing was ever lent")
	}
}

func pointer(p uintptr) unsafe.Pointer { return at(p) }
