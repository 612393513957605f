package peer

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// tables list all TCP sockets (proc(5)). A socket of the one kind may hold a connection of
// the other, under an address that is mapped.
var tables = []string{"/proc/net/tcp", "/proc/net/tcp6"}

// search looks for the socket with these two ends among all, which takes longer the more
// there are, where lookUp cannot.
func search(local, remote netip.AddrPort, also ...int) owner {
	for _, path := range tables {
		file, err := os.Open(path)
		if err != nil {
			continue
		}
		found := searchTable(file, local, remote, also...)
		file.Close()
		if found != unknown {
			return found
		}
	}
	return unknown
}

// searchTable reads lines of
//
//	sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ...
func searchTable(table io.Reader, local, remote netip.AddrPort, also ...int) owner {
	four, six := ends(local, remote, false), ends(local, remote, true)
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		line := lines.Text()
		if !strings.Contains(line, six) && (four == "" || !strings.Contains(line, four)) {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[1]+" "+fields[2] != six && fields[1]+" "+fields[2] != four {
			continue
		}
		uid, err := strconv.ParseUint(fields[7], 10, 32)
		inode, bad := strconv.ParseUint(fields[9], 10, 32)
		if err != nil || bad != nil {
			return unknown
		}
		return ownerOf(uint32(uid), uint32(inode), also...)
	}
	return unknown
}

// ends writes two addresses as the tables do: "0100007F:1F91 0100007F:C0DE". "" where an
// address is of another kind.
func ends(local, remote netip.AddrPort, six bool) string {
	var text []string
	for _, end := range []netip.AddrPort{local, remote} {
		var raw []byte
		switch sixteen := end.Addr().As16(); {
		case six:
			raw = sixteen[:]
		case end.Addr().Is4():
			raw = end.Addr().AsSlice()
		default:
			return ""
		}
		var words strings.Builder
		for ; len(raw) > 0; raw = raw[4:] {
			fmt.Fprintf(&words, "%08X", binary.NativeEndian.Uint32(raw))
		}
		text = append(text, fmt.Sprintf("%s:%04X", words.String(), end.Port()))
	}
	return text[0] + " " + text[1]
}
