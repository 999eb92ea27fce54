using CoKe.Errors;
using CoKe.Settings;
using CoKe.Silo.Settings;

namespace CoKe.Silo.Tests.Rights;

/// <summary>Tokens in files: made where there are none, for nobody else to read, and warned of where others can.</summary>
public sealed class TokenFileTests : IDisposable
{
    const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    readonly TemporaryFolder _folder = new();
    readonly List<string> _warnings = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Silo_TokenFilesThatDoNotExist_AreWrittenForItsUserAlone_AndStay()
    {
        string[] options = ["token-file", "feed-token-file", "silo-token-file"];
        var given = options.ToDictionary(option => option, option => _folder.File(option));
        var first = Read(given, makesTokens: true);
        Assert.All(given.Values, file => Assert.Equal(Owner, ModeOf(file)));
        Assert.Equal(3, given.Values.Select(File.ReadAllText).Distinct().Count());
        var again = Read(given, makesTokens: true);
        Assert.True(
            again.Token!.IsSameAs(first.Token!)
                && again.FeedToken!.IsSameAs(first.FeedToken!)
                && again.SiloToken!.IsSameAs(first.SiloToken!)
        );
        Assert.Empty(_warnings);
        Assert.Equal(options.Length, Directory.GetFiles(_folder.Path).Length); // no draft is left
    }

    [Fact]
    public void HealthQuestion_TokenFileThatDoesNotExist_IsNotWritten()
    {
        var refused = Assert.Throws<InvalidOptionsException>(() => Read(new() { ["token-file"] = _folder.File("token") }));
        Assert.Contains("cannot be read", refused.Message);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Silo_TokenFileThatCannotBeWritten_IsRefusedByName()
    {
        var file = Path.Combine(_folder.File("nowhere"), "token");
        var refused = Assert.Throws<InvalidOptionsException>(() => Read(new() { ["token-file"] = file }, makesTokens: true));
        Assert.Equal(
            $"--token-file {file} does not exist, and cannot be written: name a file in a folder that this user may write to.",
            refused.Message
        );
    }

    [Theory]
    [InlineData(Owner, false)]
    [InlineData(Owner | UnixFileMode.GroupRead, true)]
    [InlineData(Owner | UnixFileMode.OtherRead, true)]
    [InlineData(Owner | UnixFileMode.OtherWrite, true)]
    public void TokenFile_ThatOthersCanRead_IsWarnedOf(UnixFileMode mode, bool warned)
    {
        if (OperatingSystem.IsWindows())
            return; // files have no such modes
        var file = _folder.File("token");
        File.WriteAllText(file, "0123456789abcdef0123456789abcdef");
        File.SetUnixFileMode(file, mode);
        Assert.NotNull(Read(new() { ["token-file"] = file }).Token);
        string[] expected =
        [
            $"Warning: --token-file {file} can be read by other users of this machine: keep it to yourself by 'chmod 600 {file}'.",
        ];
        Assert.Equal(warned ? expected : [], _warnings);
    }

    [Fact]
    public void Tokens_ThatLeaveNobodyToAdminister_OrAreOne_AreRefused()
    {
        CoKe.Files.PrivateFiles.WriteNew(_folder.File("a"), "0123456789abcdef0123456789abcdef");
        CoKe.Files.PrivateFiles.WriteNew(_folder.File("b"), "0123456789abcdef0123456789abcdef");
        Assert.Contains("leaves nobody who may administer", Refusal(new() { ["feed-token-file"] = _folder.File("a") }));
        Assert.Contains(
            "holds the token of others",
            Refusal(new() { ["token-file"] = _folder.File("a"), ["feed-token-file"] = _folder.File("b") })
        );
        Assert.Contains(
            "joins another silo: give both the same --silo-token-file",
            Refusal(new() { ["memory"] = "true", ["primary-port"] = "11111" })
        );
        Assert.False(File.Exists(_folder.File("c")));

        string Refusal(Dictionary<string, string> given) =>
            Assert.Throws<InvalidOptionsException>(() => Read(given, makesTokens: true)).Message;
    }

    SiloSettings Read(Dictionary<string, string> given, bool makesTokens = false) =>
        new SiloSettingsReader(new SettingSources(given, _ => null, null, _warnings.Add), makesTokens).Read();

    static UnixFileMode ModeOf(string file) => OperatingSystem.IsWindows() ? Owner : File.GetUnixFileMode(file);
}
