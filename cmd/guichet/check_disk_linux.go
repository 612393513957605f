package main

import "golang.org/x/sys/unix"

// diskOf says on what kind of file system a folder lies, as far as that matters, and how
// many bytes are free for us; "" and -1 where that cannot be told.
func diskOf(folder string) (kind string, free int64) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return "", -1
	}
	switch s.Type {
	case unix.TMPFS_MAGIC:
		kind = "tmpfs"
	case unix.RAMFS_MAGIC:
		kind = "ramfs"
	case unix.NFS_SUPER_MAGIC:
		kind = "nfs"
	case unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC:
		kind = "cifs"
	case unix.FUSE_SUPER_MAGIC:
		kind = "fuse"
	case unix.V9FS_MAGIC:
		kind = "9p"
	}
	return kind, int64(s.Bavail) * s.Bsize
}
