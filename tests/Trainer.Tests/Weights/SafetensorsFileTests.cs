using System.Buffers.Binary;
using System.Text;
using CoKe.ConstrainedKMeans;
using CoKe.Errors;
using CoKe.Learning.Weights;
using CoKe.Trainer.Tests.Data;
using static TorchSharp.torch;

namespace CoKe.Trainer.Tests.Weights;

public sealed class SafetensorsFileTests : TensorTests
{
    const string A = "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Int64)]
    [InlineData(ScalarType.Int32)]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Bool)]
    public void Write_ThenRead_IsTheSame(ScalarType type)
    {
        var values = (rand(3, 4, 5) * 100).to_type(type);
        (string, Tensor)[] tensors =
        [
            ("x", values),
            ("transposed", values.permute(2, 0, 1)),
            ("scalar é\"", values[0, 0, 0]),
            ("none", values[.., ..0]),
        ];

        SafetensorsFile.Write(folder.File("f"), tensors, new Dictionary<string, string> { ["epoch"] = "3" });

        using var file = SafetensorsFile.Open(folder.File("f"));
        Assert.Equal("3", file.Metadata["epoch"]);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(4, file.Tensors.Count);
        foreach (var (name, expected) in tensors)
        {
            var actual = file.Read(file.Tensors.Single(t => t.Name == name));
            Assert.Equal(type, actual.dtype);
            Assert.Equal(expected.shape, actual.shape);
            Assert.True(expected.numel() == 0 || actual.equal(expected).all().item<bool>());
        }
    }

    [Fact]
    public void Write_UnusableTensors_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(folder.File("f"), [("x", rand(2)), ("x", rand(2))]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(folder.File("f"), [("__metadata__", rand(2))]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(folder.File("f"), [("x", zeros([2], ScalarType.ComplexFloat32))]));
        Assert.False(System.IO.File.Exists(folder.File("f")));
    }

    [Theory]
    [InlineData("{" + A + "}", 8, null)]
    [InlineData("{" + A + "}   ", 8, null)]
    [InlineData("{" + A + "}", 7, "truncated")]
    [InlineData("{" + A + "}", 9, "truncated or damaged|truncated")]
    [InlineData("{" + A + "," + A + "}", 8, "twice")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "twice")]
    [InlineData("{" + A + ",\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "overlap")]
    [InlineData("{" + A + ",\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]}}", 16, "gap")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, "gap")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "data_offsets")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", 8, "data_offsets")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}", 8, "data_offsets")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,99999999999999999999]}}", 8, "data_offsets")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "shape")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,8]}}", 8, "shape")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "does not take")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4294967296],\"data_offsets\":[0,0]}}", 0, "does not take")]
    [InlineData("{\"a\":{\"dtype\":\"F8\",\"shape\":[8],\"data_offsets\":[0,8]}}", 8, "type")]
    [InlineData("{\"a\":{\"dtype\":4,\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "type")]
    [InlineData("{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "needs dtype")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1}}", 8, "needs dtype")]
    [InlineData("{\"a\":[]}", 0, "no JSON object")]
    [InlineData("[]", 0, "no JSON object")]
    [InlineData("{\"__metadata__\":{\"x\":1}}", 0, "__metadata__")]
    [InlineData("{\"__metadata__\":{\"x\":\"y\"}}", 0, null)]
    [InlineData("{\"\\ud800\":{}}", 0, "JSON")]
    [InlineData("{", 0, "JSON")]
    [InlineData("", 0, "JSON")]
    public void Open_Header_IsAcceptedOrRefusedInOneSentence(string header, int dataLength, string? problem)
    {
        var path = File(Encoding.UTF8.GetBytes(header), new byte[dataLength]);
        if (problem is null)
        {
            SafetensorsFile.Open(path).Dispose();
            return;
        }

        var e = Assert.Throws<InvalidFileException>(() =>
        {
            SafetensorsFile.Open(path).Dispose();
        });

        Assert.Contains(problem.Split('|')[0].Split(' ')[0], e.Message);
        Assert.StartsWith(path, e.Message);
        System.IO.File.Delete(path); // it is not held open
    }

    [Theory]
    [InlineData(100_000_001ul)]
    [InlineData(9ul)]
    [InlineData(ulong.MaxValue)]
    public void Open_LengthBeyondFile_IsRefused(ulong length)
    {
        var content = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(content, length);

        Assert.Throws<InvalidFileException>(() =>
        {
            SafetensorsFile.Open(folder.Write("f", content)).Dispose();
        });
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "is a Git LFS pointer and not the file itself")]
    [InlineData("<!DOCTYPE html>\n<html>", "is a web page")]
    [InlineData("PK\u0003\u0004\u0014\0\u0008\u0008", "is a zip archive, as torch.save writes them: read it in Python")]
    [InlineData("\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9", "is an old PyTorch file: read it in Python, tensors = torch.load(")]
    [InlineData("\u0080\u0004\u0095\u0010\0\0\0\0\u0010\0", "is a Python pickle: encoders are read from safetensors; write the tensors")]
    [InlineData("\u0093NUMPY\u0001\0v\0", "is an array of NumPy's: encoders are read from safetensors")]
    [InlineData("\u001f\u008b\u0008\0\0\0\0\0\u00ff", "is packed with gzip: unpack it")]
    [InlineData("", "is empty")]
    public void Open_FileOfAnotherKind_SaysWhichAndWhatToDo(string start, string said)
    {
        var path = folder.Write("f", Encoding.Latin1.GetBytes(start));

        Assert.StartsWith(
            $"{path} {said}",
            Assert
                .Throws<InvalidFileException>(() =>
                {
                    SafetensorsFile.Open(path).Dispose();
                })
                .Message
        );
    }

    [Theory]
    [InlineData("/sys/weights")]
    [InlineData("/proc/weights")]
    public void Write_PlaceThatTakesNone_IsRefusedByItsName(string path) =>
        Assert.StartsWith(
            $"{path} cannot be written: ",
            Assert.Throws<InvalidFileException>(() => SafetensorsFile.Write(path, [("x", rand(2))])).Message
        );

    [Fact]
    public void Write_LongestName_IsWritten()
    {
        SafetensorsFile.Write(folder.File(new string('w', 255)), [("x", rand(2))]);

        Assert.True(System.IO.File.Exists(folder.File(new string('w', 255))));
    }

    [Fact]
    public void Open_AbsentShortOrFolder_IsRefused()
    {
        Assert.Throws<InvalidFileException>(() =>
        {
            SafetensorsFile.Open(folder.File("absent")).Dispose();
        });
        Assert.Throws<InvalidFileException>(() =>
        {
            SafetensorsFile.Open(folder.Write("short", new byte[7])).Dispose();
        });
        Assert.Throws<InvalidFileException>(() =>
        {
            SafetensorsFile.Open(folder.Path).Dispose();
        });
    }

    [Fact]
    public void Open_AnyDamage_IsReadOrRefusedAndNothingElse()
    {
        SafetensorsFile.Write(folder.File("good"), [("a", rand(3, 2)), ("b", zeros([], ScalarType.Int64))]);
        var good = System.IO.File.ReadAllBytes(folder.File("good"));
        var random = new SeededRandom(4);
        var refused = 0;
        for (var trial = 0; trial < 3000; trial++)
        {
            var bad = good[..(trial % 3 == 0 ? random.NextInt32(good.Length) : good.Length)];
            for (var i = random.NextInt32(3); i >= 0 && bad.Length > 0; i--)
                bad[random.NextInt32(bad.Length)] = (byte)random.NextInt32(256);
            var path = folder.Write("bad", bad);
            try
            {
                using var one = NewDisposeScope();
                using var file = SafetensorsFile.Open(path);
                foreach (var tensor in file.Tensors)
                    file.Read(tensor);
            }
            catch (InvalidFileException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 3000);
    }

    string File(byte[] header, byte[] data)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        return folder.Write("f", [.. length, .. header, .. data]);
    }
}
