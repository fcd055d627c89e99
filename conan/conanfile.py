# SPDX-License-Identifier: BSL-1.0
"""imgcompose for Conan 2: `conan create conan` from the top of the source tree."""
import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.build import check_min_cppstd, default_cppstd
from conan.tools.files import copy, load
from conan.tools.layout import basic_layout
from conan.tools.scm import Version

required_conan_version = ">=2.0"

# What needs another library: the component of that name, whose option is with_NAME.
# name: (reference, component of it)
PARTS = {
    "openssl": ("openssl/[>=3.0 <4]", "openssl::crypto"),
    "gzip": ("zlib/[>=1.2 <2]", "zlib::zlib"),
    "zstd": ("zstd/[>=1.5 <2]", "zstd::zstdlib"),
    "archive": ("libarchive/[>=3.6 <4]", "libarchive::libarchive"),
}


class ImgcomposeConan(ConanFile):
    name = "imgcompose"
    description = "Composes bootable disk images byte for byte, without root, mounts or external tools"
    license = "BSL-1.0"
    url = homepage = "https://imgcompose.invalid"  # until it has a public place
    topics = ("header-only", "disk-image", "gpt", "ext4", "fat", "bootloader", "embedded")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {f"with_{part}": [True, False] for part in PARTS}
    default_options = {f"with_{part}": False for part in PARTS} | {"boost/*:header_only": True}
    no_copy_source = True

    def _parts(self):
        return [part for part in PARTS if self.options.get_safe(f"with_{part}")]

    def set_version(self):
        text = load(self, os.path.join(self.recipe_folder, "..", "include", "imgcompose", "version.hpp"))
        self.version = re.search(r'VERSION_STRING "([0-9.]+)"', text).group(1)

    def export_sources(self):  # the recipe lies one level below the sources
        for pattern in ("LICENSE*", "include/*"):
            copy(self, pattern, src=os.path.join(self.recipe_folder, ".."), dst=self.export_sources_folder)

    def layout(self):
        self.folders.root = ".."
        basic_layout(self)
        for part in ("core", *PARTS):  # for editable packages
            self.cpp.source.components[part].includedirs = ["include"]

    def requirements(self):
        self.requires("boost/[>=1.74 <2]")
        self.requires("fmt/[>=9 <13]")
        self.requires("range-v3/[>=0.12 <1]")
        for part in self._parts():
            self.requires(PARTS[part][0])

    def package_id(self):
        self.info.clear()  # one package for every setting and option

    def validate(self):
        standard = self.settings.get_safe("compiler.cppstd")
        if standard and standard == default_cppstd(self):  # written by `conan profile detect`, chosen by nobody
            self.output.info(f"what includes it has to be compiled as C++20, whatever the profile says ({standard})")
        elif standard:
            check_min_cppstd(self, 20)
        least = {"gcc": "12", "clang": "16"}.get(str(self.settings.compiler))
        if least and Version(self.settings.compiler.version) < least:
            raise ConanInvalidConfiguration(f"{self.ref} needs {self.settings.compiler} {least} or later")
        if str(self.settings.os) != "Linux":
            raise ConanInvalidConfiguration(f"{self.ref} runs on Linux only")

    def build(self):
        pass

    def package(self):
        top = self.source_folder
        copy(self, "LICENSE*", src=top, dst=os.path.join(self.package_folder, "licenses"))
        copy(self, "*.hpp", src=os.path.join(top, "include"), dst=os.path.join(self.package_folder, "include"))

    def package_info(self):
        # The package as a whole has names of its own: under the core's it would pull every part into each user.
        self.cpp_info.set_property("cmake_target_name", "imgcompose::all")
        self.cpp_info.set_property("pkg_config_name", "imgcompose-all")
        core = self.cpp_info.components["core"]
        core.set_property("cmake_target_name", "imgcompose::imgcompose")
        core.set_property("pkg_config_name", "imgcompose")
        core.requires = ["boost::headers", "range-v3::range-v3", "fmt::fmt"]
        core.system_libs = ["pthread"]
        core.bindirs = core.libdirs = []
        for part in self._parts():
            component = self.cpp_info.components[part]
            component.set_property("cmake_target_name", f"imgcompose::{part}")
            component.set_property("pkg_config_name", f"imgcompose-{part}")
            component.requires = ["core", PARTS[part][1]]
            component.bindirs = component.libdirs = []
