/* SPDX-License-Identifier: GPL-2.0-only */
/* Debian ships ns-3 without its test runner. This one takes the same options: --list, --suite=NAME, --verbose, --help. */
#include "ns3/test.h"

int main(int argc, char* argv[]) { return ns3::TestRunner::Run(argc, argv); }
