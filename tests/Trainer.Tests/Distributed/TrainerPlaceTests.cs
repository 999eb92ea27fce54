using CoKe.ConstrainedKMeans;
using CoKe.Trainer.Data;
using CoKe.Trainer.Distributed;

namespace CoKe.Trainer.Tests.Distributed;

public sealed class TrainerPlaceTests
{
    const string Rank = "OMPI_COMM_WORLD_RANK", World = "OMPI_COMM_WORLD_SIZE", Pmix = "PMIX_RANK";

    [Theory]
    [InlineData(null, null, "")]
    [InlineData(0, 1, "")]
    [InlineData(null, null, $"{Rank}=0 {World}=1")]
    [InlineData(null, 1, $"{Pmix}=3")] // srun -n 4, each with a run of its own
    public void Of_OneTrainer_IsNoPlace(int? rank, int? world, string environment) => Assert.Null(Of(rank, world, environment));

    [Theory]
    [InlineData(null, null, $"{Rank}=1 {World}=2")]
    [InlineData(1, 2, $"{Rank}=1 {World}=2")]
    [InlineData(null, 2, $"{Pmix}=1")]
    public void Of_SeveralTrainers_IsThatOfTheLauncher(int? rank, int? world, string environment) => Assert.Equal(new RankPart(1, 2), Of(rank, world, environment));

    [Theory]
    [InlineData(null, 2, "", "world", "--world 2 asks for several trainers, and this one was started alone: start the trainers by 'mpirun -n W', or leave --world out.")]
    [InlineData(null, 0, "", "world", "--world 0 is out of range: give as many as the launcher starts, or leave it out.")]
    [InlineData(null, -1, $"{Rank}=1 {World}=2", "world", "--world -1 is out of range: give as many as the launcher starts, or leave it out.")]
    [InlineData(3, 1, $"{Pmix}=3", "rank", "--rank 3 is of a trainer among several, and this one was started alone: start the trainers by 'mpirun -n W', or leave --rank out.")]
    [InlineData(1, null, "", "rank", "--rank 1 is of a trainer among several, and this one was started alone: start the trainers by 'mpirun -n W', or leave --rank out.")]
    [InlineData(1, 3, $"{Rank}=1 {World}=2", "world", "--world 3 contradicts mpirun, which started 2 trainers: leave it out, or start the trainers by 'mpirun -n 3'.")]
    [InlineData(0, null, $"{Rank}=1 {World}=2", "rank", "--rank 0 contradicts mpirun, for which this is trainer 1: leave it out.")]
    [InlineData(null, null, $"{Pmix}=1", "world", "The launcher does not say how many trainers it started: give --world W.")]
    [InlineData(null, 2, $"{Pmix}=2", "rank", "rank is 2; 2 trainers have ranks from 0 to 1.")]
    public void Of_APlaceThatIsNone_IsRefusedByName(int? rank, int? world, string environment, string field, string message)
    {
        var refused = Assert.Throws<InvalidOptionsException>(() => { Of(rank, world, environment); });

        Assert.Equal((field, message), (refused.Field, refused.Message));
    }

    static RankPart? Of(int? rank, int? world, string environment)
    {
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return TrainerPlace.Of(rank, world, variables.GetValueOrDefault);
    }
}
