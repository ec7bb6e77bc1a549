package db

import (
	"io"
	"os"
	"syscall"

	"joren/internal/fault"
)

// lockFile takes the server's lock by opening the file for nobody else
// (db.second_server). The system closes it when the process ends.
func lockFile(path string) (io.Closer, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "db.unavailable").Because(err)
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, fault.New(fault.Conflict, "db.second_server", "pid", "").Because(err)
	}
	return os.NewFile(uintptr(h), path), nil
}
