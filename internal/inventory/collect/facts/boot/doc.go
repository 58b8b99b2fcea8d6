// Package boot reads with what the kernel of a Linux machine starts, and what it then enforces and records: its command
// line, the password of the boot loader, AppArmor, SELinux, and rules of audit. Like those of package facts, which it
// extends, its families answer a question about the machine as its program would.
package boot
