// SPDX-License-Identifier: BSL-1.0
#include <tests/command/command.hpp>

#include <tests/support/catch.hpp>

#include <string>

using namespace imgcompose_test;

namespace {

/// What `plan` and `build` both say of a description that they refuse.
std::string refusal(const std::string& description, const std::string& options = {}) {
    const command_folder in;
    in.write("d.toml", description);
    const auto planned = in("plan d.toml " + options);
    const auto built = in("build d.toml -o disk.img " + options);
    INFO(planned.output);
    CHECK(planned.status == 1);
    CHECK(built.status == 1);
    CHECK(built.output == planned.output);
    CHECK(!std::filesystem::exists(in / "disk.img"));
    return planned.output;
}

const std::string fat_partition = R"([[partition]]
name = "boot"
size = "4MiB"
filesystem = { type = "fat" }
tree = [{ file = "Image", to = "/Image" }]
)";

} // namespace

TEST_CASE("a key that is not known is an error with its place and what was probably meant") {
    CHECK(refusal("[image]\nbord = \"rock64\"\n") == "d.toml:2:1: `image` has no key `bord`; did you mean `board`?\n");
    CHECK(refusal("\n[imag]\n") == "d.toml:2:2: a description has no key `imag`; did you mean `image`?\n");
    CHECK(refusal("[[partition]]\nname = \"a\"\nfilesystem = { typ = \"fat\" }\n") ==
          "d.toml:3:16: `filesystem` has no key `typ`; did you mean `type`?\n");
    CHECK(refusal("[image]\nx = 1\n").find("d.toml:2:1: `image` has no key `x`; there are: board, table, size") == 0);
}

TEST_CASE("a value of the wrong type is an error with its place") {
    CHECK(refusal("[image]\nboard = 3\n") == "d.toml:2:9: `board` is an integer; it has to be a text in quotation marks, or a list of them\n");
    CHECK(refusal("[image]\nsize = true\n").find("d.toml:2:8: `size` is true or false; it has to be a size") == 0);
    CHECK(refusal("[image]\nepoch = \"now\"\n") == "d.toml:2:9: `epoch` is a text; it has to be an integer\n");
    CHECK(refusal("[partition]\nname = \"a\"\n").find("d.toml:1:1: `partition` is a table; it has to be a list of tables") == 0);
    CHECK(refusal("image = []\n") == "d.toml:1:9: `image` is a list; it has to be a table\n");
    CHECK(refusal("[[partition]]\nname = \"a\"\nattributes = [1]\n").find("d.toml:3:14: `attributes` is a list; it has to be a list of texts") == 0);
    CHECK(refusal("[variables]\na = 1\n") == "d.toml:2:5: the variable `a` is an integer; it has to be a text\n");
}

TEST_CASE("a value that means nothing is an error with its place") {
    CHECK(refusal("[image]\nboard = \"rock46\"\n")== "d.toml:2:9: there is no board \"rock46\"; did you mean `rock64`?\n");
    CHECK(refusal("[image]\ntable = \"bsd\"\n") == "d.toml:2:9: there is no partition table \"bsd\"; there are: gpt, mbr, hybrid, none\n");
    CHECK(refusal("[image]\ntable = \"mbt\"\n") == "d.toml:2:9: there is no partition table \"mbt\"; did you mean `mbr`?\n");
    CHECK(refusal("[image]\nsector_size = 1024\n").find("d.toml:2:15: a sector size of 1024 bytes") == 0);
    CHECK(refusal("[image]\nalignment = 100\n").find("d.toml:2:13: `alignment` has to be whole sectors") == 0);
    CHECK(refusal("[image]\ndisk_uuid = \"1\"\n").find("d.toml:2:13: \"1\" is not a UUID") == 0);
    CHECK(refusal("[image]\ndisk_signature = -1\n") == "d.toml:2:18: `disk_signature` cannot be negative\n");
    CHECK(refusal("[[partition]]\nname = \"a\"\nsize = \"12Q\"\n").find("d.toml:3:8: \"12Q\" is not a size") == 0);
    CHECK(refusal("[[partition]]\nname = \"a\"\nsize = \"99999999999T\"\n").find("d.toml:3:8: size arithmetic overflows") == 0);
    CHECK(refusal("[[partition]]\nname = \"a\"\nsize = \"min+\"\n").find("d.toml:3:8: \"") == 0);
    CHECK(refusal("[[partition]]\nname = \"a\"\nsize = -1\n") == "d.toml:3:8: `size` cannot be negative\n");
    CHECK(refusal("[[partition]]\nname = \"a\"\ntype = \"linx\"\n").find("d.toml:3:8: \"linx\" is not a partition type") == 0);
    CHECK(refusal("[[partition]]\nname = \"a\"\ntype = \"linux_filesystm\"\n") ==
          "d.toml:3:8: \"linux_filesystm\" is not a partition type; did you mean `linux_filesystem`?\n");
    CHECK(refusal("[[partition]]\nname = \"a\"\nmbr_type = \"fat32_lab\"\n") ==
          "d.toml:3:12: \"fat32_lab\" is not an MBR partition type; did you mean `fat32_lba`?\n");
    CHECK(refusal("[[partition]]\nname = \"a\"\nfilesystem = { type = \"ext3\" }\n") ==
          "d.toml:3:23: there is no filesystem \"ext3\"; did you mean `ext4`?\n");
    CHECK(refusal("[[partition]]\nname = \"a\"\nfilesystem = { type = \"xfs\" }\n") ==
          "d.toml:3:23: there is no filesystem \"xfs\"; there are: ext4, fat, raw\n");
    CHECK(refusal("[[partition]]\nname = \"a\"\nfilesystem = { type = \"fat\", journal = \"none\" }\n") ==
          "d.toml:3:40: FAT has no use for `journal`\n");
    CHECK(refusal("[[partition]]\nname = \"a\"\nfilesystem = { type = \"ext4\", features = [\"^extent\"] }\n")
              .find("d.toml:3:42: the feature \"extent\" cannot be turned off") == 0);
    CHECK(refusal("[[partition]]\nname = \"a\"\nfilesystem = { type = \"ext4\", readable_by = \"dos\" }\n")
              .find("d.toml:3:45: \"dos\" is no reader") == 0);
}

TEST_CASE("what is needed and not there is an error with its place") {
    CHECK(refusal("[[partition]]\nsize = \"1MiB\"\n") == "d.toml:1:1: `partition` needs the key `name`\n");
    CHECK(refusal("[image]\nboard = \"rock64\"\n[[bootloader]]\nname = \"idbloader.img\"\nfile = \"no such file\"\n") ==
          "d.toml:5:8: cannot find no such file: No such file or directory\n");
    CHECK(refusal("[[raw]]\nname = \"r\"\nfile = \"Image\"\n").find("d.toml:1:1: a raw file needs `sector` or `offset`") == 0);
    CHECK(refusal("[[bootloader]]\nname = \"u-boot.itb\"\n").find("d.toml:2:8: nothing says where \"u-boot.itb\" goes") == 0);
    CHECK(refusal("[image]\nboard = \"rock64\"\n[[bootloader]]\nname = \"u-boot.itb\"\n")
              .find("d.toml: Pine64 ROCK64 does not start without \"idbloader.img\"") == 0);
    CHECK(refusal("[image]\nboard = \"rock64\"\n", "--inputs rootfs") ==
          "d.toml:2:9: cannot find rootfs/idbloader.img: No such file or directory\n");
    const command_folder in;
    const auto missing = in("build none.toml -o disk.img");
    CHECK(missing.status == 1);
    CHECK(missing.output == "none.toml: cannot be read\n");
}

TEST_CASE("what is not TOML is an error with its place") {
    CHECK(refusal("[image\n").find("d.toml:1:7: ") == 0);
    CHECK(refusal("a = 1\na = 2\n").find("d.toml:2:") == 0);
    CHECK(refusal(std::string{"a = \"\xff\"\n"}).find("d.toml:1:") == 0);
}

TEST_CASE("steps of a tree that cannot be done") {
    const auto of = [](const std::string& steps) {
        return refusal("[[partition]]\nname = \"a\"\nsize = \"4MiB\"\nfilesystem = { type = \"fat\" }\ntree = [" + steps + "]\n");
    };
    CHECK(of("{ file = \"Imag\", to = \"/Image\" }") == "d.toml:5:18: cannot find Imag: No such file or directory\n");
    CHECK(of("{ file = \"Image\" }") == "d.toml:5:18: `file` needs `to`, the path in the filesystem\n");
    CHECK(of("{ file = \"Image\", to = \"Image\" }").find("d.toml:5:32: the path \"Image\" cannot be in a tree") == 0);
    CHECK(of("{ file = \"Image\", to = \"/a\" }, { text = \"b\", to = \"/a\" }").find("d.toml:5:59: \"/a\" is already in the tree") == 0);
    CHECK(of("{ to = \"/a\" }").find("d.toml:5:9: the step does nothing") == 0);
    CHECK(of("{ exclude = \"a\", prefix = \"/b\" }").find("d.toml:5:35: `exclude` and `prefix` are two steps") == 0);
    CHECK(of("{ owner = \"root\" }").find("d.toml:5:19: \"root\" is not an owner") == 0);
    CHECK(of("{ text = \"\", to = \"/a\", mode = \"888\" }").find("d.toml:5:40: \"888\" is not a mode") == 0);
    CHECK(of("{ directory = \"Imagex\" }").find("d.toml:5:23: ") == 0);
    CHECK(of("{ archive = \"Image\" }").find("d.toml:5:21: Image is none of the archives that can be read") == 0);
    CHECK(of("{ archive = \"Imagex\" }").find("d.toml:5:21: cannot open Imagex") == 0);
    CHECK(of("{ archive = \"Image\", directory = \"rootfs\" }").find("d.toml:5:21: `directory` and `archive` are two steps") == 0);
    CHECK(of("{ text = \"${nam}\", to = \"/a\" }").find("d.toml:5:18: there is no variable `nam`") == 0);
    CHECK(of("{ text = \"${name\", to = \"/a\" }").find("d.toml:5:18: has \"${\" without \"}\"") == 0);
    CHECK(refusal("[[partition]]\nname = \"a\"\nsize = \"1MiB\"\ntree = [{ mkdir = \"/x\" }]\n") ==
          "d.toml:4:8: partition \"a\" has a tree, but no filesystem to hold it\n");
}

TEST_CASE("an error in a description that another extends names that file and the place there") {
    const command_folder in;
    const auto said = [&](const std::string& base) {
        in.write("base.toml", base);
        in.write("own.toml", "extends = \"base.toml\"\n[variables]\nown = \"x\"\n");
        return in("plan own.toml").output;
    };
    CHECK(said("\n\n[image]\nepoch = \"now\"\n").find("base.toml:4:9: `epoch` is a text") == 0);
    CHECK(said("\n[image]\nboard = \"rock46\"\n").find("base.toml:3:9: there is no board") == 0);
    CHECK(said("\n[[partition]]\nname = \"a\"\nsize = \"12Q\"\n").find("base.toml:4:8: \"12Q\" is not a size") == 0);
    CHECK(said("[variables]\nother = 1\n").find("base.toml:2:9: the variable `other` is an integer") == 0);
    CHECK(said("\n\n[[partition]]\nsize = \"1MiB\"\n").find("base.toml:3:1: `partition` needs the key `name`") == 0);
    CHECK(said("[[partition]]\nname = \"a\"\nattributes = [\n    \"hidden\",\n    \"${no}\",\n]\n").find("base.toml:5:5: there is no variable `no`") == 0);
}

TEST_CASE("a bootloader file that the board does not know is told with the one that was probably meant") {
    CHECK(refusal("[image]\nboard = \"rock64\"\n[[bootloader]]\nname = \"u-boot.tib\"\nfile = \"Image\"\n").find("did you mean `u-boot.itb`?") !=
          std::string::npos);
}

TEST_CASE("variables that refer to one another without end") {
    CHECK(refusal("[variables]\na = \"${b}\"\nb = \"${a}\"\n[image]\nboard = \"${a}\"\n") ==
          "d.toml:5:9: the variables here refer to one another without end\n");
}

TEST_CASE("what would not boot is an error with its place") {
    CHECK(refusal(fat_partition + "[extlinux]\ninto = \"boot\"\nentry = [{ label = \"x\", kernel = \"/image\" }]\n")
              .find("d.toml:8:9: label \"x\": KERNEL \"/image\" is not in the filesystem; there is \"/Image\"") == 0);
    CHECK(refusal(fat_partition + "[extlinux]\ninto = \"bot\"\nentry = [{ label = \"x\", kernel = \"/Image\" }]\n") ==
          "d.toml:7:8: there is no partition \"bot\"; did you mean `boot`?\n");
    CHECK(refusal(fat_partition + "[extlinux]\ninto = \"boot\"\nentry = [{ label = \"x\", kernel = \"/Image\", initrd = \"/initrd\" }]\n")
              .find("d.toml:8:9: label \"x\": INITRD \"/initrd\" is not in the filesystem") == 0);
    CHECK(refusal(fat_partition + "[boot_script]\ninto = \"boot\"\nkernel = \"/Imag\"\n") ==
          "d.toml:8:10: \"/Imag\" is not in the filesystem that gets the script\n");
    CHECK(refusal(fat_partition + "[boot_script]\ninto = \"boot\"\nkernel = \"/Image\"\nappend = \"a\\\"\"\n").find("d.toml:9:10: ") == 0);
}

TEST_CASE("layouts that cannot be") {
    CHECK(refusal("[[raw]]\nname = \"r\"\nfile = \"Image\"\nsector = 0\n") .find("d.toml: protective MBR and GPT header (sectors 0-1) overlaps r") == 0);
    CHECK(refusal("[[partition]]\nname = \"a\"\nsize = \"1MiB\"\n[[partition]]\nname = \"a\"\nsize = \"1MiB\"\n")
              .find("d.toml: two partitions are named \"a\"") == 0);
}

TEST_CASE("--set that changes nothing there is") {
    const std::string d = "[variables]\nname = \"x\"\n[[partition]]\nname = \"a\"\nsize = \"1MiB\"\n";
    CHECK(refusal(d, "--set nam=y") == "--set nam=y: the description has no variable or key `nam`; did you mean `name`?\n");
    CHECK(refusal(d, "--set partition.a.siz=1") == "--set partition.a.siz=1: there is no key `siz`; did you mean `size`?\n");
    CHECK(refusal(d, "--set partition.b.size=1") == "--set partition.b.size=1: write partition.NAME.KEY, where NAME is one of: a\n");
    CHECK(refusal(d, "--set partition.a.size=much").find("--set partition.a.size=much: \"much\" is not a size") == 0);
    CHECK(refusal(d, "--set partition.a.bootable=maybe") == "--set partition.a.bootable=maybe: `bootable` has to be true or false\n");
    CHECK(refusal(d, "--set partition.a.bootable=1") == "--set partition.a.bootable=1: `bootable` is an integer; it has to be true or false\n");
    CHECK(refusal(d, "--set image=1") == "--set image=1: `image` is a table; name one of its keys\n");
    CHECK(refusal(d, "--set image") == "--set image: has to be KEY=VALUE\n");
    CHECK(refusal(d, "--set raw.a.sector=1") == "--set raw.a.sector=1: the description has no raw\n");
    CHECK(refusal(d, "--set extlinux.path=/x") == "--set extlinux.path=/x: `extlinux` needs the key `into`\n");
}

TEST_CASE("a command line that makes no sense ends with 2") {
    const command_folder in;
    const std::string arguments = GENERATE("", "frobnicate", "build", "build a.toml", "mkfs ext4 -o x", "mkfs xfs --from . -o x",
                                           "plan --jobs 1 a.toml", "boards extra", "mkfs fat --from . -o x --fat-bits many",
                                           "mkfs fat --from . -o x --readable-by dos", "lint x --firmware bios");
    const auto r = in(arguments);
    INFO(arguments << ": " << r.output);
    CHECK(r.status == 2);
    CHECK(r.output.find(arguments.empty() ? "Usage: imgcompose" : "imgcompose: ") != std::string::npos);
}
