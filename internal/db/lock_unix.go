//go:build unix

package db

import (
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"

	"joren/internal/fault"
)

// lockFile takes the server's lock, or says which process holds it
// (db.second_server). The kernel drops the lock when the process ends, however
// it ends, so a file left behind does no harm.
func lockFile(path string) (io.Closer, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "db.unavailable").Because(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		b := make([]byte, 20)
		n, _ := f.ReadAt(b, 0)
		f.Close()
		return nil, fault.New(fault.Conflict, "db.second_server", "pid", strings.TrimSpace(string(b[:n]))).Because(err)
	}
	if err := f.Truncate(0); err == nil {
		f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return f, nil
}
