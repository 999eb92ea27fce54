using System.Text.RegularExpressions;

namespace CoKe.Docker.Tests;

/// <summary>No engine builds the images here: what can be checked without one.</summary>
public sealed partial class DockerfileTests
{
    [Theory]
    [InlineData("silo")]
    [InlineData("trainer")]
    public void Copies_ExistAndAreSent(string image)
    {
        static string[] Paths(string image) =>
            [.. Lines(image, "COPY").Where(line => !line.Contains("--from=")).SelectMany(line => line.Split(' ')[1..^1])];
        var paths = Paths(image);

        Assert.NotEmpty(paths);
        var sent = Repository.Read(".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..]).ToArray();
        Assert.All(paths, path =>
        {
            Assert.True(Path.Exists(Repository.At(path)), $"{path} is not there");
            Assert.Contains(path.TrimEnd('/'), sent);
        });
        // What every build reads from the root: without its rules, warnings that are switched off are errors.
        Assert.All(
            Directory.GetFiles(Repository.Root, "Directory.*").Append(Repository.At(".editorconfig")).Append(Repository.At("global.json")),
            file => Assert.Contains(Path.GetFileName(file), paths)
        );
        // What is sent, one of the images needs.
        Assert.Equal(sent.Order(), Paths("silo").Union(Paths("trainer")).Select(path => path.TrimEnd('/')).Order());
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("trainer")]
    public void Projects_ThatAreBuilt_NeedNothingThatIsNotSent(string image)
    {
        var projects = Lines(image, "RUN")
            .Concat(Lines(image, ""))
            .SelectMany(line => Published().Matches(line))
            .Select(match => match.Groups[1].Value)
            .Distinct()
            .ToArray();

        Assert.NotEmpty(projects);
        var copied = Lines(image, "COPY").SelectMany(line => line.Split(' ')).Where(path => path.EndsWith('/')).ToArray();
        Assert.All(
            projects.SelectMany(project => Closure(Directory.GetFiles(Repository.At(project), "*.csproj").Single())).Distinct(),
            file =>
                Assert.Contains(copied, folder => Path.GetRelativePath(Repository.Root, file).StartsWith(folder, StringComparison.Ordinal))
        );
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("trainer")]
    public void Images_ArePinned_AndOfTheVersionsInUse(string image)
    {
        var images = Lines(image, "FROM").Select(line => line.Split(' ')[1]).ToArray();

        Assert.Equal(2, images.Length);
        Assert.All(images, name => Assert.Matches(@"^mcr\.microsoft\.com/dotnet/(sdk|aspnet|runtime):10\.0\.\d+-[a-z]+$", name));
        // An SDK of the band that global.json asks for.
        Assert.Matches(@"sdk:10\.0\.[1-9]\d\d-", images[0]);
        Assert.Contains("\"version\": \"10.0.1", Repository.Read("global.json"));
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("trainer")]
    public void Containers_AreNobodysRoot(string image) => Assert.Equal("USER $APP_UID", Lines(image, "USER").Single());

    [Fact]
    public void Silo_HasNoTorch() =>
        Assert.DoesNotContain(
            Closure(Repository.At("src/Silo/CoKe.Silo.csproj")).Concat(Closure(Repository.At("src/Cli/CoKe.Cli.csproj"))),
            file => File.ReadAllText(file).Contains("Torch")
        );

    [Fact]
    public void Trainer_TakesItsTorchByArgument()
    {
        Assert.Contains("ARG TORCH=cpu", Lines("trainer", "ARG"));
        Assert.Contains("\"-p:Torch=$TORCH\"", Repository.Read("docker/Dockerfile.trainer"));
        Assert.Contains("'$(Torch)' == 'cuda'", Repository.Read("build/Torch.props"));
    }

    [Theory]
    [InlineData("silo", "src/Silo/bin", "CoKe.Silo")]
    [InlineData("silo", "src/Cli/bin", "coke")]
    public void Runtime_IsWhatTheProgramNeeds(string image, string folder, string program)
    {
        var frameworks = Directory
            .GetFiles(Repository.At(folder), $"{program}.runtimeconfig.json", SearchOption.AllDirectories)
            .Select(File.ReadAllText)
            .ToArray();

        Assert.NotEmpty(frameworks);
        // The image of ASP.NET has both.
        if (frameworks.Any(text => text.Contains("Microsoft.AspNetCore.App")))
            Assert.Contains("/aspnet:", Lines(image, "FROM")[^1]);
    }

    static string[] Lines(string image, string instruction) =>
        [
            .. Repository
                .Read($"docker/Dockerfile.{image}")
                .Split('\n')
                .Where(line => line.StartsWith(instruction.Length > 0 ? $"{instruction} " : "    ", StringComparison.Ordinal)),
        ];

    /// <summary>A project, what it refers to, and what it imports from the repository.</summary>
    static IEnumerable<string> Closure(string file) =>
        References()
            .Matches(File.ReadAllText(file))
            .Select(match => Path.GetFullPath(match.Groups[1].Value, Path.GetDirectoryName(file)!))
            .SelectMany(Closure)
            .Prepend(file)
            .Distinct();

    [GeneratedRegex("dotnet publish ([^ ]+)")]
    private static partial Regex Published();

    [GeneratedRegex("(?:ProjectReference Include|Import Project)=\"([^\"$]+)\"")]
    private static partial Regex References();
}
