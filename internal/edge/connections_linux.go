package edge

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// established is the state of a TCP connection that neither side has ended (RFC 9293, section 3.3.2), in Linux's
// numbers (include/net/tcp_states.h).
const established = 1

// hasEnded reports whether the other side of a TCP connection has ended it. Of other connections nothing is
// known.
func hasEnded(c net.Conn) bool {
	if secured, is := c.(interface{ NetConn() net.Conn }); is {
		c = secured.NetConn()
	}
	tcp, is := c.(*net.TCPConn)
	if !is {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return true // it is closed
	}
	ended := false
	err = raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), syscall.IPPROTO_TCP, unix.TCP_INFO)
		ended = err == nil && info.State != established
	})
	return ended || err != nil
}
