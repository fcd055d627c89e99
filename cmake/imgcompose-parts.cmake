# SPDX-License-Identifier: BSL-1.0
# How the core and each part become a target, an export set and a pkg-config file.

set(imgcompose_parts "")
set(imgcompose_include_dir "${PROJECT_SOURCE_DIR}/include")
file(GLOB_RECURSE imgcompose_core_headers CONFIGURE_DEPENDS "${imgcompose_include_dir}/imgcompose/*.hpp")

function(imgcompose_pkg_config name requires)
    set(PC_NAME "${name}")
    set(PC_REQUIRES "${requires}")
    set(PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
    if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
        set(PC_INCLUDEDIR "${CMAKE_INSTALL_INCLUDEDIR}")
    endif()
    set(PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
    if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_DATADIR}") # wherever the prefix is moved to
        file(RELATIVE_PATH up "/${CMAKE_INSTALL_DATADIR}/pkgconfig" "/")
        string(REGEX REPLACE "/$" "" up "${up}")
        set(PC_PREFIX "\${pcfiledir}/${up}")
    endif()
    configure_file("${PROJECT_SOURCE_DIR}/cmake/imgcompose.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
endfunction()

# imgcompose_core(REQUIRES target... PKG_CONFIG "what pkg-config requires")
# Called before the parts, each of which then takes its headers out of the core's.
function(imgcompose_core)
    cmake_parse_arguments(PARSE_ARGV 0 core "" PKG_CONFIG REQUIRES)
    imgcompose_need_core()
    add_library(imgcompose INTERFACE)
    add_library(imgcompose::imgcompose ALIAS imgcompose) # the same name as the installed one
    target_compile_features(imgcompose INTERFACE cxx_std_20)
    target_link_libraries(imgcompose INTERFACE ${core_REQUIRES})
    imgcompose_pkg_config(imgcompose "${core_PKG_CONFIG}")
endfunction()

# imgcompose_part(name REQUIRES target... PKG_CONFIG "what pkg-config requires besides the core")
# The target always exists and is always exported, whatever this machine has: CMake looks a linked
# name up only where something uses it. IMGCOMPOSE_<NAME> decides whether this build uses it.
function(imgcompose_part name)
    cmake_parse_arguments(PARSE_ARGV 1 part "" PKG_CONFIG REQUIRES)
    set(headers ${imgcompose_core_headers})
    list(FILTER headers INCLUDE REGEX "/imgcompose/${name}(\\.hpp$|/)")
    if(NOT headers) # no header, no target
        return()
    endif()
    string(TOUPPER "${name}" upper)
    option(IMGCOMPOSE_${upper} "Look for what imgcompose::${name} needs" ${PROJECT_IS_TOP_LEVEL})
    if(IMGCOMPOSE_${upper})
        cmake_language(CALL imgcompose_need_${name})
    endif()

    list(REMOVE_ITEM imgcompose_core_headers ${headers})
    set(imgcompose_core_headers "${imgcompose_core_headers}" PARENT_SCOPE)
    set(imgcompose_parts ${imgcompose_parts} ${name} PARENT_SCOPE)

    add_library(imgcompose_${name} INTERFACE)
    add_library(imgcompose::${name} ALIAS imgcompose_${name})
    set_target_properties(imgcompose_${name} PROPERTIES EXPORT_NAME ${name})
    target_sources(imgcompose_${name} INTERFACE
        FILE_SET HEADERS BASE_DIRS "${imgcompose_include_dir}" FILES ${headers})
    target_link_libraries(imgcompose_${name} INTERFACE imgcompose)
    foreach(target IN LISTS part_REQUIRES)
        # Where a target links the part but nobody looked for what it needs, CMake's error names the option.
        target_link_libraries(imgcompose_${name} INTERFACE
            "$<INSTALL_INTERFACE:${target}>"
            "$<BUILD_INTERFACE:$<IF:$<TARGET_EXISTS:${target}>,${target},imgcompose::${name}--set-IMGCOMPOSE_${upper}-ON>>")
    endforeach()
    imgcompose_pkg_config(imgcompose-${name} "imgcompose = ${PROJECT_VERSION}, ${part_PKG_CONFIG}")
endfunction()

# Gives the core the headers that no part took. Called once, after the parts.
function(imgcompose_core_takes_the_rest)
    target_sources(imgcompose INTERFACE
        FILE_SET HEADERS BASE_DIRS "${imgcompose_include_dir}" FILES ${imgcompose_core_headers})
    include("${PROJECT_SOURCE_DIR}/cmake/imgcompose-compiled.cmake")
    if(NOT PROJECT_IS_TOP_LEVEL) # a find_package(imgcompose) that FetchContent answers
        configure_file("${PROJECT_SOURCE_DIR}/cmake/imgcompose-extra.cmake.in"
            "${CMAKE_FIND_PACKAGE_REDIRECTS_DIR}/imgcompose-extra.cmake" @ONLY)
    endif()
endfunction()

function(imgcompose_install)
    set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME dev) # the package of the headers
    set(dir "${CMAKE_INSTALL_DATADIR}/cmake/imgcompose") # share/: nothing here is per-architecture
    foreach(part IN ITEMS core LISTS imgcompose_parts)
        set(target imgcompose_${part})
        set(pc imgcompose-${part})
        if(part STREQUAL "core")
            set(target imgcompose)
            set(pc imgcompose)
        endif()
        install(TARGETS ${target} EXPORT imgcompose-${part} FILE_SET HEADERS)
        install(EXPORT imgcompose-${part} NAMESPACE imgcompose:: DESTINATION "${dir}"
            FILE imgcompose-${part}-targets.cmake)
        install(FILES "${PROJECT_BINARY_DIR}/${pc}.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
    endforeach()

    configure_package_config_file(cmake/imgcompose-config.cmake.in "${PROJECT_BINARY_DIR}/imgcompose-config.cmake"
        INSTALL_DESTINATION "${dir}" NO_SET_AND_CHECK_MACRO)
    write_basic_package_version_file("${PROJECT_BINARY_DIR}/imgcompose-config-version.cmake"
        COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT) # SameMajorVersion from 1.0
    install(FILES
        "${PROJECT_BINARY_DIR}/imgcompose-config.cmake"
        "${PROJECT_BINARY_DIR}/imgcompose-config-version.cmake"
        "${PROJECT_SOURCE_DIR}/cmake/imgcompose-compiled.cmake"
        "${PROJECT_SOURCE_DIR}/cmake/imgcompose-dependencies.cmake"
        DESTINATION "${dir}")
    install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/imgcompose")
endfunction()
