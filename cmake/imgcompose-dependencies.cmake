# SPDX-License-Identifier: BSL-1.0
# Finds what imgcompose needs. Serves this build, and is installed for find_package(imgcompose).
# Targets that already exist are left alone, so that a parent project can supply its own.
include(CMakeFindDependencyMacro)

macro(imgcompose_need) # find_dependency inside find_package(imgcompose), find_package elsewhere
    if("${CMAKE_FIND_PACKAGE_NAME}" STREQUAL "imgcompose")
        find_dependency(${ARGN})
    else()
        find_package(${ARGN} REQUIRED)
    endif()
endmacro()

macro(imgcompose_need_core)
    if(NOT TARGET Boost::headers)
        imgcompose_need(Boost 1.74 CONFIG)
    endif()
    if(NOT TARGET range-v3::range-v3)
        imgcompose_need(range-v3 CONFIG) # no version: its version file accepts only the exact one
    endif()
    if(NOT TARGET fmt::fmt AND NOT TARGET fmt::fmt-header-only)
        imgcompose_need(fmt 9 CONFIG)
    endif()
    if(NOT TARGET Threads::Threads)
        set(THREADS_PREFER_PTHREAD_FLAG ON)
        imgcompose_need(Threads)
    endif()
    if(NOT TARGET imgcompose::dep_fmt)
        add_library(imgcompose::dep_fmt INTERFACE IMPORTED GLOBAL)
        if(TARGET fmt::fmt)
            target_link_libraries(imgcompose::dep_fmt INTERFACE fmt::fmt)
        else() # Conan's header-only fmt
            target_link_libraries(imgcompose::dep_fmt INTERFACE fmt::fmt-header-only)
        endif()
    endif()
endmacro()

macro(imgcompose_need_openssl)
    if(NOT TARGET OpenSSL::Crypto)
        imgcompose_need(OpenSSL 3.0 COMPONENTS Crypto)
    endif()
endmacro()

macro(imgcompose_need_gzip)
    if(NOT TARGET ZLIB::ZLIB)
        imgcompose_need(ZLIB 1.2)
    endif()
endmacro()

macro(imgcompose_need_archive)
    if(NOT TARGET LibArchive::LibArchive)
        imgcompose_need(LibArchive 3.6) # module mode: most distributions ship no config file
    endif()
endmacro()

macro(imgcompose_need_zstd)
    if(NOT TARGET imgcompose::dep_zstd)
        if(NOT TARGET zstd::libzstd AND NOT TARGET zstd::libzstd_shared AND NOT TARGET zstd::libzstd_static)
            imgcompose_need(zstd 1.5 CONFIG)
        endif()
        add_library(imgcompose::dep_zstd INTERFACE IMPORTED GLOBAL)
        foreach(imgcompose_target IN ITEMS zstd::libzstd zstd::libzstd_shared zstd::libzstd_static)
            if(TARGET ${imgcompose_target})
                target_link_libraries(imgcompose::dep_zstd INTERFACE ${imgcompose_target})
                break()
            endif()
        endforeach()
    endif()
endmacro()
