using System.CommandLine;
using System.Text;
using CoKe.Access;
using CoKe.Cli.Commands;
using CoKe.Cli.Output;
using CoKe.Fuzzing.Inputs;
using CoKe.Settings;
using CoKe.Silo.Settings;
using CoKe.Silo.Tests.Access;
using CoKe.Trainer.Commands;

namespace CoKe.Fuzzing.Targets;

/// <summary>
/// Readers of settings: files of options, tokens, certificates, and command lines. Certificates are made anew every time, so that their
/// inputs are others in every process, whatever the seed.
/// </summary>
static class SettingTargets
{
    const int Brackets = 400_000;

    public static FuzzTarget File(FuzzFolder folder) =>
        new(
            "",
            [
                Packing.Text(
                    "{\"Coke\": {\"SiloPort\": \"1\", \"Storage\": \"sqlite\", \"Data\": \"x\", \"DataLimit\": 5, \"LogLevel\": \"debug\"}}"
                ),
                Packing.Text("{\"Coke\": {\"Memory\": true}, \"Other\": [1, {\"a\": null}]} // a comment"),
            ],
            input =>
            {
                folder.Write("appsettings.json", input);
                var file = new SettingsFile(folder.Path);
                return new StorageReader(Sources(file.Find)).Read().GetType().Name;
            }
        )
        {
            Hostile =
            [
                Packing.Nested("[", Brackets),
                Packing.Nested("{\"Coke\":", Brackets),
                Packing.Nested("{\"a\":", 60, "1}"),
                Packing.Text("{\"Coke\": {\"\\ud800\": 1}}"),
                Packing.Text("{\"Coke\": {\"a\": \"\\ud800\"}}"),
                Packing.Text("{\"Coke\": {\"\\u001b[31m\\n\": 1}}"),
                Packing.Text("{\"Coke\": {\"Storage\": \"\\u202e\\u0000\"}}"),
                [.. Packing.Text("{\"Coke\": \""), .. Packing.Nested("x", 8 << 20), .. Packing.Text("\"}")],
            ],
        };

    public static FuzzTarget Token(FuzzFolder folder) =>
        new("", [Packing.Text("0123456789abcdef0123456789abcdef\n"), Packing.Text("  too short ")], input =>
        {
            var path = folder.Write("token", input);
            return AccessSettings.ReadToken(Sources(option => option == AccessSettings.TokenFile ? path : null)) is null
                ? "none"
                : "a token";
        })
        {
            Hostile =
            [
                [],
                Packing.Nested("a", 1 << 20),
                [0xff, 0xfe, 0, 0],
            ],
        };

    public static FuzzTarget Connection(FuzzFolder folder) =>
        new(
            "",
            [
                Packing.Text("Host=localhost;Port=5432;Database=coke;Username=coke;Password=secret"),
                Packing.Text("Host=a,b;Timeout=5;Pooling=false;Search Path=x"),
            ],
            input =>
            {
                var path = folder.Write("connection", input);
                return new StorageReader(
                    Sources(option =>
                        option == SiloOptions.ConnectionFile ? path
                        : option == SiloOptions.Storage ? "postgres"
                        : null
                    )
                ).Read().Place;
            }
        )
        {
            Hostile =
            [
                [],
                Packing.Nested("a", 1 << 20),
                Packing.Nested("Host=", 10_000),
                Packing.Text("Host=a;Password='\u001b[31m"),
            ],
        };

    /// <summary>A certificate, its key and the authority's: which of them an input is changes with its length.</summary>
    public static FuzzTarget Pem(FuzzFolder folder)
    {
        folder.Own("authority.pem");
        using var authority = new TestAuthority(folder.Path);
        var (certificate, key) = (folder.Own("silo.pem"), folder.Own("silo.key"));
        authority.Issue("silo", "coke");
        byte[][] seeds =
        [
            System.IO.File.ReadAllBytes(certificate),
            System.IO.File.ReadAllBytes(key),
            System.IO.File.ReadAllBytes(authority.File),
        ];
        string[] own = [authority.File, certificate, key];
        return new("", seeds, input =>
        {
            var changed = folder.Write("some.pem", input);
            var which = input.Length % 3;
            var files = own.Select((file, i) => i == which ? changed : file).ToArray();
            using var identity = TlsIdentity
                .Load(
                    new TlsFiles
                    {
                        Authority = files[0],
                        Certificate = files[1],
                        Key = files[2],
                    }
                )
                .Own;
            return identity.Subject.Length > 0 ? "an identity" : "an identity without a name";
        })
        {
            Hostile =
            [
                [],
                Packing.Nested("-----BEGIN CERTIFICATE-----\n", 20_000),
                Packing.Nested("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 5_000),
            ],
            Iterations = 600,
        };
    }

    public static FuzzTarget Pfx(FuzzFolder folder)
    {
        folder.Own("authority.pem");
        using var authority = new TestAuthority(folder.Path);
        var pfx = folder.Own("silo.pfx");
        authority.IssuePfx("silo", "coke", "secret");
        var (seed, root) = (System.IO.File.ReadAllBytes(pfx), authority.File);
        return new("", [seed], input =>
        {
            using var own = TlsIdentity
                .Load(
                    new TlsFiles
                    {
                        Authority = root,
                        Certificate = folder.Write("some.pfx", input),
                        Password = "secret",
                    }
                )
                .Own;
            return "an identity";
        })
        {
            Hostile =
            [
                [],
                [0x30, 0x84, 0x7f, 0xff, 0xff, 0xff],
                Packing.Nested("0\u0080", 100_000),
            ],
            // The file says how long the key is that .NET derives from the password: an array, at most. Who gives this file starts the
            // process.
            BytesAllowed = 1L << 32,
            Iterations = 600,
        };
    }

    public static FuzzTarget Coke(FuzzFolder folder)
    {
        var command = CokeCommand.Create(new Terminal(TextWriter.Null, TextWriter.Null));
        return Parsed(
            [
                Packing.Text("cluster x.npy --heads 10,20 --epochs 3 --json"),
                Packing.Text("stats run --gateway localhost:1"),
                Packing.Text("clusters run --head 0 --sort size"),
            ],
            command
        );
    }

    public static FuzzTarget Train(FuzzFolder folder)
    {
        var arguments = new TrainArguments();
        var command = new RootCommand { arguments.Recipe };
        foreach (var option in arguments.All)
            command.Options.Add(option);
        return Parsed(
            [
                Packing.Text("digits --data x --set schedule.epochs=3 --out o"),
                Packing.Text("--resume out --set a=b"),
                Packing.Text("images --seed 3 --continue"),
            ],
            command
        );
    }

    static FuzzTarget Parsed(byte[][] seeds, RootCommand command) => new("", seeds, input =>
        {
            // A word that begins with @ names a file of further words.
            var words = Encoding
                .UTF8.GetString(input)
                .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
                .Select(word => word.TrimStart('@'))
                .ToArray();
            var parse = command.Parse(words);
            return parse.Errors.Count == 0 ? "understood" : parse.Errors[0].Message;
        });

    static SettingSources Sources(Func<SettingOption, string?> file) => new(new Dictionary<string, string>(), _ => null, file, _ => { });
}
