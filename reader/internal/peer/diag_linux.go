package peer

import (
	"encoding/binary"
	"net/netip"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// A request of sock_diag(7) for one socket, and its answer (linux/inet_diag.h):
//
//	nlmsghdr          length, type, flags, sequence, port         16 bytes
//	inet_diag_req_v2  family, protocol, ext, pad, states          8 bytes
//	                  sport, dport, src, dst, if, cookie          48 bytes
//	inet_diag_msg     family, state, timer, retrans, those 48,
//	                  expires, rqueue, wqueue, uid, inode         72 bytes
//
// Ports and addresses are in the order of the network, all else in that of the machine.
const (
	headerSize  = 16
	requestSize = headerSize + 8 + 48
	answerSize  = headerSize + 72
	byFamily    = 20 // SOCK_DIAG_BY_FAMILY
	listening   = 10 // TCP_LISTEN
)

// patience is for an answer of the kernel, in seconds.
const patience = 1

// lookUp asks the kernel for the socket that has these two ends.
func lookUp(local, remote netip.AddrPort, also ...int) owner {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return unknown
	}
	defer unix.Close(fd)
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: patience})
	if unix.Sendto(fd, request(local, remote), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) != nil {
		return unknown
	}
	var answer [4096]byte
	for {
		n, _, err := unix.Recvfrom(fd, answer[:], 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return unknown
		}
		return parseAnswer(answer[:n], also...)
	}
}

func request(local, remote netip.AddrPort) []byte {
	native, network := binary.NativeEndian, binary.BigEndian
	r := make([]byte, requestSize)
	native.PutUint32(r, requestSize)
	native.PutUint16(r[4:], byFamily)
	native.PutUint16(r[6:], unix.NLM_F_REQUEST)
	ask := r[headerSize:]
	ask[0], ask[1] = unix.AF_INET6, unix.IPPROTO_TCP
	if local.Addr().Is4() {
		ask[0] = unix.AF_INET
	}
	native.PutUint32(ask[4:], ^uint32(0)) // in any state
	id := ask[8:]
	network.PutUint16(id, local.Port())
	network.PutUint16(id[2:], remote.Port())
	copy(id[4:20], local.Addr().AsSlice())
	copy(id[20:36], remote.Addr().AsSlice())
	native.PutUint64(id[40:], ^uint64(0)) // INET_DIAG_NOCOOKIE
	return r
}

// parseAnswer reads what the kernel says; an error of its is unknown, and so is a listener,
// which it offers where there is no connection.
func parseAnswer(m []byte, also ...int) owner {
	native := binary.NativeEndian
	if len(m) < answerSize || native.Uint16(m[4:]) != byFamily || m[headerSize+1] == listening {
		return unknown
	}
	return ownerOf(native.Uint32(m[headerSize+64:]), native.Uint32(m[headerSize+68:]), also...)
}

// ownerOf judges a socket by its user and its inode, which one that no program holds any
// more does not have. also are users who are friends too.
func ownerOf(uid, inode uint32, also ...int) owner {
	if inode != 0 && (uid == 0 || int(uid) == os.Geteuid() || slices.Contains(also, int(uid))) {
		return friend
	}
	return stranger
}
