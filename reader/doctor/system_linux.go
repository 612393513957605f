package doctor

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// serviceSocket is where pcscd listens (pcsc-lite, PCSCLITE_CSOCK_NAME).
const serviceSocket = "/run/pcscd/pcscd.comm"

// serviceTime is for the answer of pcscd, which systemd may have to start first.
const serviceTime = 3 * time.Second

// askService asks pcscd for its version, the first message of its protocol.
func askService() ServiceState {
	path := os.Getenv("PCSCLITE_CSOCK_NAME")
	if path == "" {
		path = serviceSocket
	}
	return askServiceAt(path, serviceTime)
}

func askServiceAt(path string, patience time.Duration) ServiceState {
	conn, err := net.DialTimeout("unix", path, patience)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return ServiceDenied
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return ServiceMissing
	case err != nil:
		return ServiceSilent
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	// struct rxHeader {size, command = CMD_VERSION}, struct version_struct {major, minor, rv},
	// in the machine's own order (pcsc-lite, winscard_msg.h).
	message := make([]byte, 0, 20)
	for _, word := range []uint32{12, 0x11, 4, 4, 0} {
		message = binary.NativeEndian.AppendUint32(message, word)
	}
	if _, err := conn.Write(message); err != nil {
		return ServiceSilent
	}
	if _, err := io.ReadFull(conn, message[:12]); err != nil {
		return ServiceSilent
	}
	return ServiceAnswers
}

// pluggedIn looks for a USB interface of the class of smart card readers, 0B.
func pluggedIn() bool { return pluggedInBelow("/sys/bus/usb/devices") }

func pluggedInBelow(dir string) bool {
	const most = 512
	classes, _ := filepath.Glob(filepath.Join(dir, "*", "bInterfaceClass")) // a fixed pattern
	for _, path := range classes[:min(len(classes), most)] {
		class, err := os.ReadFile(path)
		if err == nil && strings.EqualFold(strings.TrimSpace(string(class)), "0b") {
			return true
		}
	}
	return false
}

// What programs that may hold a card have loaded: modules and the PC/SC client library.
var cardLibraries = []string{"libbeidpkcs11", "opensc-pkcs11", "libpcsclite.so"}

// Bounds of the search among running programs.
const (
	maxProcesses = 4096
	maxMaps      = 1 << 20 // bytes of one process's list
	programsTime = time.Second
)

// programs names the other programs of this person that have card software loaded.
func programs() []string { return programsBelow("/proc", os.Getpid(), time.Now().Add(programsTime)) }

func programsBelow(proc string, self int, until time.Time) []string {
	dir, err := os.Open(proc)
	if err != nil {
		return nil
	}
	defer dir.Close()
	entries, _ := dir.Readdirnames(maxProcesses) // what was read of it counts
	var names []string
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry)
		if err != nil || pid == self || time.Now().After(until) {
			continue
		}
		name := programName(filepath.Join(proc, entry))
		if name == "" || ours(name) || !holdsCardSoftware(filepath.Join(proc, entry, "maps")) {
			continue
		}
		names = append(names, name)
	}
	return sortNames(names)
}

// ours are the programs that hold cards for everybody, and this one with its children.
func ours(name string) bool {
	const kept = 15 // letters of a name that the kernel keeps
	self := base(thisProgram())
	return name == "pcscd" || name == "guichet-reader" || name == self[:min(len(self), kept)]
}

// programName is the name of a process as the kernel keeps it: at most 15 letters.
func programName(dir string) string {
	name, err := os.ReadFile(filepath.Join(dir, "comm"))
	if err != nil {
		return ""
	}
	return plainly(string(name[:min(len(name), 64)]))
}

func holdsCardSoftware(maps string) bool {
	f, err := os.Open(maps)
	if err != nil {
		return false // of another person
	}
	defer f.Close()
	lines := bufio.NewScanner(io.LimitReader(f, maxMaps))
	for lines.Scan() {
		for _, library := range cardLibraries {
			if strings.Contains(lines.Text(), library) {
				return true
			}
		}
	}
	return false
}
