using CoKe.Access;
using CoKe.Client;
using CoKe.Errors;
using CoKe.Grains.Hosting;
using CoKe.Grains.Placement;
using CoKe.Grains.Scoring;
using CoKe.Grains.Sequencing;
using Microsoft.Extensions.DependencyInjection;

namespace CoKe.Grains.Tests.Cluster;

public sealed class HostingTests
{
    [Theory]
    [InlineData("Lead")]
    [InlineData("PollPatience")]
    [InlineData("ClustersPerBlock")]
    [InlineData("Threads")]
    public async Task Start_OptionsThatCannotWork_AreRefusedByName(string field)
    {
        var error = await Assert.ThrowsAsync<InvalidOptionsException>(() =>
            EmbeddedSilo.StartAsync(silo =>
                silo.Services.Configure<SequencerOptions>(options =>
                        (options.Lead, options.PollPatience) = (
                            field == "Lead" ? 0 : 4,
                            TimeSpan.FromSeconds(field == "PollPatience" ? 30 : 1)
                        )
                    )
                    .Configure<BlockPlacementOptions>(options => options.ClustersPerBlock = field == "ClustersPerBlock" ? 0 : 4)
                    .Configure<ScoringOptions>(options => options.Threads = field == "Threads" ? 0 : 1)
            )
        );
        Assert.Equal(field, error.Field);
    }

    [Fact]
    public async Task EmbeddedSilo_WithoutItsToken_TakesNobody_AndWritesItForItsUserAlone()
    {
        var folder = Directory.CreateTempSubdirectory("coke-hosting-");
        try
        {
            await using var silo = await EmbeddedSilo.StartAsync();
            var stranger = new CokeConnection { Gateways = [silo.Gateway] };
            Assert.Equal(
                AccessRefusal.TokenMissing,
                (await Assert.ThrowsAsync<AccessRefusedException>(() => CokeClient.ConnectAsync(stranger))).Refusal
            );
            var file = Path.Combine(folder.FullName, "token");
            File.WriteAllText(file, "of a silo that is gone");
            silo.WriteToken(file);
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            await using var own = await CokeClient.ConnectAsync(stranger with { Token = new AccessToken(File.ReadAllText(file)) });
            Assert.Empty(await own.ListRunsAsync());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
