# SPDX-License-Identifier: GPL-2.0-only
"""bac with waf, in two ways: alone against an installed ns-3 ('./waf configure build'), and as contrib/bac of an ns-3.35 tree."""
import os

from waflib import Context

APPNAME = 'bac'
VERSION = '0.1.0'
top = '.'
out = 'build/waf'

NS3_MODULES = ['wave', 'wifi', 'mobility', 'propagation', 'point-to-point', 'internet', 'network', 'core']
INCLUDES = ['bac-core/include', 'bac-core/src', 'bac-core', 'ns3-module/helper', 'ns3-module/model']
WARNINGS = ['-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-Wvla']
CXX_WARNINGS = WARNINGS + ['-Wno-sign-conversion']  # of -Wconversion in C++ gcc leaves it out, clang does not

# What to link, the Debian package that has it, and a program that needs it. A check by header_name would not do.
LIBRARIES = {
    'BAC_CORE': (['sodium', 'protobuf-nanopb', 'isal', 'z', 'gmp', 'm'],
                 'libsodium-dev libnanopb-dev libisal-dev uthash-dev zlib1g-dev libgmp-dev',
                 '#include <sodium.h>\n#include <pb_decode.h>\n#include <isa-l/erasure_code.h>\n#include <uthash.h>\n'
                 '#include <gmp.h>\n#include <zlib.h>\n'
                 'int main(void) { return sodium_init() < 0 || crc32(0, 0, 0) != 0 || gmp_version[0] == 0; }\n'),
    'BAC_RESULTS': (['sqlite3', 'gsl', 'gslcblas', 'm'], 'libsqlite3-dev libgsl-dev',
                    '#include <gsl/gsl_cdf.h>\n#include <sqlite3.h>\n'
                    'int main(void) { return sqlite3_libversion_number() == 0 || gsl_cdf_tdist_Pinv(.9, 3) < 0; }\n'),
    'BAC_NS3': (['ns3-' + module for module in NS3_MODULES], 'libns3-dev',
                '#include <ns3/simulator.h>\n#include <ns3/wave-net-device.h>\nint main() { ns3::Simulator::Destroy(); }\n'),
    'BAC_SUMO': (['sumocpp'], 'sumo', '#include <libsumo/libsumo.h>\nint main() { libsumo::Simulation::getVersion(); }\n'),
}


def in_ns3_tree(ctx):
    """The top-level wscript is ns-3's, not this one."""
    return os.path.realpath(os.path.dirname(Context.g_module.root_path)) != os.path.realpath(ctx.path.abspath())


def sources(ctx, kind):
    """Paths of one kind in sources.txt, the list that CMake reads too."""
    lines = [line.split() for line in ctx.path.find_node('sources.txt').read().splitlines()]
    return [words[1] for words in lines if len(words) == 2 and words[0] == kind]


def options(opt):
    if not in_ns3_tree(opt):
        opt.load('compiler_c compiler_cxx')


def has(conf, store, mandatory):
    libraries, packages, fragment = LIBRARIES[store]
    # In an ns-3 tree a global define would recompile all of ns-3.
    return conf.check_cxx(lib=libraries, uselib_store=store, fragment=fragment, cxxflags=['-std=c++17'], global_define=False,
                          msg='Checking for ' + ' '.join(libraries), errmsg='no: apt-get install ' + packages,
                          mandatory=mandatory)


def configure(conf):
    inside = in_ns3_tree(conf)
    if not inside:
        conf.load('compiler_c compiler_cxx')
        for flags in ('CFLAGS', 'CXXFLAGS'):
            if not conf.env[flags]:
                conf.env[flags] = ['-O2']
        has(conf, 'BAC_NS3', True)
    generator = conf.find_program(['nanopb_generator', 'nanopb_generator.py'], var='BAC_NANOPB_GENERATOR', mandatory=False)
    if not generator and not inside:
        conf.fatal('nanopb_generator is missing: apt-get install nanopb')
    core = has(conf, 'BAC_CORE', not inside)
    conf.env.BAC_RESULTS = bool(has(conf, 'BAC_RESULTS', not inside))
    conf.env.BAC_SUMO = bool(has(conf, 'BAC_SUMO', False))
    if inside:
        ready = bool(generator and core)
        conf.report_optional_feature('bac', 'Blockchain for vehicular networks (bac)', ready,
                                     'packages are missing: see contrib/bac/packages.txt')
        if not ready:
            conf.env.append_value('MODULES_NOT_BUILT', 'bac')


def generate(task):
    """nanopb: bac.proto with its bac.options becomes bac.pb.c and bac.pb.h."""
    proto, target = task.inputs[0], task.outputs[0].parent
    target.mkdir()
    return task.exec_command(task.env.BAC_NANOPB_GENERATOR + ['-q', '-I', proto.parent.abspath(), '-D', target.abspath(), proto.name])


def core_sources(bld):
    """The C core, its message schema included."""
    target = bld.path.get_bld().make_node('generated')
    bld(rule=generate, name='bac-nanopb', source=['bac-core/proto/bac.proto', 'bac-core/proto/bac.options'],
        target=[target.make_node('bac.pb.c'), target.make_node('bac.pb.h')], before=['c', 'cxx'], vars=['BAC_NANOPB_GENERATOR'])
    return sources(bld, 'core') + [target.make_node('bac.pb.c')], target


def build(bld):
    if in_ns3_tree(bld):
        build_in_ns3_tree(bld)
    else:
        build_alone(bld)


def build_alone(bld):
    cflags = ['-std=c11', '-fPIC'] + WARNINGS + ['-Werror']
    cxxflags = ['-std=c++17', '-fPIC'] + CXX_WARNINGS + ['-Werror']
    # Debian's ns-3 libraries have logging and asserts on.
    ns3 = dict(cxxflags=cxxflags, defines=['NS3_LOG_ENABLE', 'NS3_ASSERT_ENABLE'])
    programs = dict(rpath='$ORIGIN/../lib', install_path=None)

    # Programs include the module's headers as <ns3/bac-run.h>, as they would in an ns-3 tree.
    for header in sources(bld, 'module-header'):
        bld(features='subst', is_copy=True, source=header, target='include/ns3/' + os.path.basename(header), before=['c', 'cxx'])
    includes = INCLUDES + [bld.bldnode.make_node('include')]

    core, generated = core_sources(bld)
    bld.objects(target='bac-core', features='c', source=core, cflags=cflags, use='BAC_CORE',
                includes=['bac-core/include', 'bac-core/src', 'bac-core', generated])
    bld.shlib(target='lib/bac-ns3', name='bac-ns3', source=sources(bld, 'module'), includes=includes,
              use='bac-core BAC_CORE BAC_NS3', install_path=None, **ns3)
    bld.program(target='bin/bac-ns3-tests', source=sources(bld, 'ns3-test') + ['ns3-module/test/test-runner.cc'],
                includes=includes + ['ns3-module/test'], use='bac-ns3 BAC_NS3', **programs, **ns3)
    bld.objects(target='bac-results', features='c', source=sources(bld, 'results'), cflags=cflags, use='BAC_RESULTS',
                includes=['bac-core/include', 'bac-core/src', 'bac-results'])
    compare = dict(ns3, defines=ns3['defines'] + ['BAC_RESULTS_DIR="%s"' % bld.path.find_dir('bac-results').abspath()])
    bld.program(target='bin/bac-compare', source=sources(bld, 'compare'), includes=includes + ['bac-results'],
                use='bac-results bac-ns3 BAC_NS3 BAC_RESULTS', **programs, **compare)
    if bld.env.BAC_SUMO:
        bld.program(target='bin/bac-trace', source=sources(bld, 'trace-tool'), includes=['bac-core/include', 'bac-core/src'],
                    cxxflags=cxxflags, use='bac-core BAC_CORE BAC_SUMO', install_path=None,
                    defines=['BAC_SCENARIO_DIR="%s"' % bld.path.find_dir('sumo-scenarios').abspath()])


def build_in_ns3_tree(bld):
    # ns-3's own flags for C do not reach C: it sets CCFLAGS, which waf no longer reads.
    cflags = ['-std=c11', '-O2', '-g', '-fPIC'] + WARNINGS
    core, generated = core_sources(bld)

    module = bld.create_ns3_module('bac', NS3_MODULES)
    module.features += ' c'
    module.source = sources(bld, 'module') + core
    module.includes = INCLUDES + [generated]
    module.export_includes = ['bac-core/include']
    module.cflags = cflags
    module.use.append('BAC_CORE')

    headers = bld(features='ns3header')
    headers.module = 'bac'
    headers.source = sources(bld, 'module-header')

    test = bld.create_ns3_module_test_library('bac')
    test.source = sources(bld, 'ns3-test')
    test.includes = INCLUDES + ['ns3-module/test']

    if not bld.env.ENABLE_EXAMPLES:
        return
    # ns-3's own test-runner needs the tests of every module: this one has bac's alone.
    suites = bld.create_ns3_program('bac-ns3-tests', ['bac'] + NS3_MODULES)
    suites.source = sources(bld, 'ns3-test') + ['ns3-module/test/test-runner.cc']
    suites.includes = [Context.out_dir] + INCLUDES + ['ns3-module/test']
    if bld.env.BAC_RESULTS:
        compare = bld.create_ns3_program('bac-compare', ['bac'] + NS3_MODULES)
        compare.features += ' c'
        compare.source = sources(bld, 'compare') + sources(bld, 'results')
        compare.includes = [Context.out_dir] + INCLUDES + ['bac-results']
        compare.defines = ['BAC_RESULTS_DIR="%s"' % bld.path.find_dir('bac-results').abspath()]
        compare.cflags = cflags
        compare.use.append('BAC_RESULTS')
    if bld.env.BAC_SUMO:
        trace = bld.create_ns3_program('bac-trace', ['bac', 'core'])
        trace.source = sources(bld, 'trace-tool')
        trace.includes = ['bac-core/include', 'bac-core/src']
        trace.defines = ['BAC_SCENARIO_DIR="%s"' % bld.path.find_dir('sumo-scenarios').abspath()]
        trace.use.append('BAC_SUMO')
