# SPDX-License-Identifier: BSL-1.0
# The port of the tree that it lies in: vcpkg install imgcompose --overlay-ports=packaging/vcpkg/ports
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)
set(VCPKG_BUILD_TYPE release) # header-only: no debug tree to delete afterwards

vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}" OPTIONS
    -DIMGCOMPOSE_INSTALL=ON -DIMGCOMPOSE_TESTS=OFF -DIMGCOMPOSE_EXAMPLES=OFF -DIMGCOMPOSE_BENCHMARKS=OFF
    -DIMGCOMPOSE_OPENSSL=OFF -DIMGCOMPOSE_GZIP=OFF -DIMGCOMPOSE_ZSTD=OFF -DIMGCOMPOSE_ARCHIVE=OFF
    MAYBE_UNUSED_VARIABLES IMGCOMPOSE_OPENSSL IMGCOMPOSE_GZIP IMGCOMPOSE_ZSTD IMGCOMPOSE_ARCHIVE)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/imgcompose)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib" "${CURRENT_PACKAGES_DIR}/share/licenses")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
