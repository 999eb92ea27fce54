using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace CoKe.Docker.Tests;

/// <summary>compose.yaml says nothing that the programs do not understand, and leaves out nothing that they need.</summary>
public sealed class ComposeTests
{
    static readonly Dictionary<string, object> File = Parse();
    static readonly Dictionary<object, object> Services = Map(File["services"]);

    static readonly string[] Silos = [.. Services.Keys.Cast<string>().Where(name => name.StartsWith("silo", StringComparison.Ordinal))];

    [Fact]
    public void Topology_IsPostgreSqlTwoSilosAndATrainer() =>
        Assert.Equal(["postgres", "silo-1", "silo-2", "trainer"], Services.Keys.Cast<string>().Order());

    [Fact]
    public async Task Silos_AreToldOnlyWhatTheyUnderstand()
    {
        var options = await Programs.OptionsAsync(Programs.Silo);

        Assert.All(Silos, silo =>
            Assert.All(Map(Services[silo], "environment").Keys.Cast<string>(), variable =>
                Assert.Contains("--" + variable["COKE_".Length..].ToLowerInvariant().Replace('_', '-'), options)
            )
        );
    }

    [Fact]
    public void Silos_ListenBeyondLoopback_UnderTheirOwnNames_WithAToken() => Assert.All(Silos, silo =>
        {
            var settings = Map(Services[silo], "environment");
            Assert.Equal(
                (silo, "0.0.0.0", "postgres"),
                ((string)settings["COKE_ADDRESS"], (string)settings["COKE_LISTEN"], (string)settings["COKE_STORAGE"])
            );
            Assert.True(settings.ContainsKey("COKE_TOKEN_FILE"));
        });

    [Fact]
    public void Secrets_ThatAreRead_AreGiven_AndNoneIsWrittenHere()
    {
        foreach (var (name, service) in Services)
        {
            var given = Map(service).TryGetValue("secrets", out var list) ? ((List<object>)list).Cast<string>().ToArray() : [];
            var read = Map(service, "environment")
                .Values.Cast<string>()
                .Where(value => value.StartsWith("/run/secrets/", StringComparison.Ordinal))
                .Select(Path.GetFileName);
            Assert.True(given.Order().SequenceEqual(read.Order()), $"{name} reads other secrets than it is given");
            Assert.All(Map(service, "environment").Keys.Cast<string>(), variable =>
                Assert.False(variable.EndsWith("TOKEN") || variable.EndsWith("PASSWORD") || variable.EndsWith("CONNECTION"), variable)
            );
        }
    }

    [Fact]
    public void Secrets_AreWrittenByTheScript_AndKeptOutOfTheRepository()
    {
        var script = Repository.Read("docker/make-secrets.sh");

        Assert.All(Map(File["secrets"]).Values.Select(secret => (string)Map(secret)["file"]), file => Assert.Contains($">{file}", script));
        Assert.Contains("docker/secrets/", Repository.Read(".gitignore").Split('\n'));
    }

    [Fact]
    public void Dependencies_AreWaitedFor()
    {
        Assert.All(Silos, silo => Assert.Equal("service_healthy", Map(Map(Services[silo], "depends_on")["postgres"])["condition"]));
        Assert.All(Silos, silo => Assert.Equal("service_healthy", Map(Map(Services["trainer"], "depends_on")[silo])["condition"]));
        Assert.True(Map(Services["postgres"]).ContainsKey("healthcheck"));
        Assert.Contains("HEALTHCHECK", Repository.Read("docker/Dockerfile.silo"));
    }

    [Fact]
    public void Trainer_KnowsEverySilo_AndGoesOnWhenItIsStartedAgain()
    {
        var command = ((List<object>)Map(Services["trainer"])["command"]).Cast<string>().ToArray();

        Assert.Equal("demo", command[0]);
        Assert.Equal(
            Silos.Select(silo => $"{silo}:30000").Order(),
            command.Where((_, i) => i > 0 && command[i - 1] == "--gateway").Order()
        );
        Assert.Contains("--continue", command);
        // The program itself is 500 MB larger than this project needs; its options are in its source.
        var source = string.Concat(
            Directory
                .GetFiles(Repository.At("src/Trainer/Commands"), "*.cs")
                .Concat(Directory.GetFiles(Repository.At("src/Settings"), "*.cs"))
                .Select(System.IO.File.ReadAllText)
        );
        Assert.All(command.Where(word => word.StartsWith("--", StringComparison.Ordinal)), option =>
            Assert.True(source.Contains($"\"{option}\"") || source.Contains($"new(\"{option[2..]}\""), option)
        );
        Assert.Equal("/out", command[Array.IndexOf(command, "--out") + 1]);
        Assert.Contains("out:/out", ((List<object>)Map(Services["trainer"])["volumes"]).Cast<string>());
    }

    [Fact]
    public void Builds_NameFilesThatAreThere_AndImagesArePinned()
    {
        foreach (var service in Services.Values.Select(service => Map(service)))
        {
            if (service.TryGetValue("build", out var build))
            {
                Assert.Equal(Repository.Root, Path.GetFullPath((string)Map(build)["context"], Repository.At("docker")));
                Assert.True(System.IO.File.Exists(Repository.At((string)Map(build)["dockerfile"])));
            }
            else
            {
                Assert.Matches(@"^postgres:15\.\d+-[a-z]+$", (string)service["image"]);
            }
        }
    }

    [Fact]
    public void Ports_AreThoseOfTheImage_OnLoopback()
    {
        var exposed = Repository
            .Read("docker/Dockerfile.silo")
            .Split('\n')
            .Single(line => line.StartsWith("EXPOSE", StringComparison.Ordinal))
            .Split(' ')[1..];

        Assert.All(Silos, silo => Assert.All(((List<object>)Map(Services[silo])["ports"]).Cast<string>(), port =>
            {
                Assert.StartsWith("127.0.0.1:", port);
                Assert.Contains(port.Split(':')[^1], exposed);
            }));
    }

    static Dictionary<object, object> Map(object value) => (Dictionary<object, object>)value;

    static Dictionary<object, object> Map(object value, string key) => Map(value).TryGetValue(key, out var inner) ? Map(inner) : [];

    static Dictionary<string, object> Parse()
    {
        using var text = new StringReader(Repository.Read("docker/compose.yaml"));
        // Anchors and the merge key, as compose reads them.
        return new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(new MergingParser(new Parser(text)));
    }
}
