package rbac

// HiddenGroup is the number of the group of devices that have been silent for too
// long. They keep their history, with the times when things were seen first, and
// are not exported. No rule names it; 0 is the number of no group.
const HiddenGroup = -1
