package proof

import (
	"path/filepath"
	"syscall"
)

// remote are file systems on which SQLite's locks cannot be trusted
// (statfs(2), linux/magic.h; sqlite.org/useovernet.html).
var remote = map[uint32]string{
	0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB2", 0x01021997: "9P", 0x00c36400: "Ceph", 0x5346414f: "AFS",
	0x0bd00bd0: "Lustre", 0x6b414653: "AFS", 0x65735546: "FUSE",
}

func diskOf(file string) (disk, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(file), &s); err != nil {
		return disk{}, false
	}
	kind, far := remote[uint32(s.Type)]
	return disk{local: !far, kind: kind, free: int64(s.Bavail) * int64(s.Bsize)}, true
}
