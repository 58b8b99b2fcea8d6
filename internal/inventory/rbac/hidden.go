package rbac

// HiddenGroup is the number of the group of devices that have been silent for too long. They keep
// their history, including first-seen times, and are not exported. No rule can name it; 0 is the
// number of no group.
const HiddenGroup = -1
