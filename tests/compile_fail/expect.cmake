# SPDX-License-Identifier: BSL-1.0
# cmake -DCOMPILER=... -DROOT=... -P expect.cmake -- FILE
# FILE says in its first lines what the compiler has to say: // EXPECT: words
# Compiled with -DMUST_FAIL it must be refused with these words; without, it must compile.

math(EXPR last "${CMAKE_ARGC} - 1")
set(file "${CMAKE_ARGV${last}}")
file(STRINGS "${file}" expectations REGEX "^// EXPECT: ")
if(NOT expectations)
    message(FATAL_ERROR "${file} does not say what it expects: add a line '// EXPECT: words'")
endif()

# Without the bodies of functions: what is refused at compile time is in the interface.
set(command ${COMPILER} -std=c++20 -DIMGCOMPOSE_COMPILED -fsyntax-only "-I${ROOT}/include" "-I${ROOT}" "${file}")
execute_process(COMMAND ${command} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "${file} must compile without MUST_FAIL, but:\n${said}")
endif()

execute_process(COMMAND ${command} -DMUST_FAIL RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(status EQUAL 0)
    message(FATAL_ERROR "${file} must not compile with MUST_FAIL, but does")
endif()
foreach(line IN LISTS expectations)
    string(REGEX REPLACE "^// EXPECT: *" "" words "${line}")
    string(FIND "${said}" "${words}" at)
    if(at EQUAL -1)
        message(FATAL_ERROR "${file} is refused, but not with the words '${words}':\n${said}")
    endif()
endforeach()
