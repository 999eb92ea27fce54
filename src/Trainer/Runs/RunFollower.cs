using CoKe.Client;
using CoKe.Errors;
using CoKe.Learning.Data;
using CoKe.Learning.Distributed;
using CoKe.Learning.Resume;
using CoKe.Learning.Tensors;
using CoKe.Learning.Training;
using CoKe.Settings;

namespace CoKe.Trainer.Runs;

/// <summary>A trainer that is not the first of several: it trains as the first one tells it, shows nothing and evaluates nothing.</summary>
static class RunFollower
{
    /// <summary>Waits for the order and trains.</summary>
    /// <returns>The exit code of the first trainer, if there is nothing to do; else 0.</returns>
    /// <exception cref="CokeException">It cannot go on; the others must not wait for it.</exception>
    public static async Task<int> RunAsync(TrainerJob job, CancellationToken cancellation)
    {
        var message = job.Broadcast([]);
        if (message.Length == 1)
            return message[0];
        var order = RunOrder.FromJson(message);
        var device = TrainingDevice.Of(order.Device, job.LocalRank);
        var data = RunImages.Open(order.Folder, order.Recipe.Data, order.Recipe.Evaluation.Classes, order.Images);
        if (data.Fingerprint() != order.Fingerprint)
            throw new InvalidFileException(
                "data",
                order.Folder,
                $"The images in {order.Folder} are others on {Environment.MachineName} than for the first trainer: "
                    + "give all trainers the same images."
            );
        if (!Directory.Exists(order.State))
            throw new ResumeRefusedException(
                "out",
                order.State,
                $"The folder {order.State} is not on {Environment.MachineName}: give --out a folder that all trainers have in the same "
                    + "place."
            );
        await using var client = await CokeClient.ConnectAsync(
            GatewaySettings.Read(order.Silos, order.Embedded ? _ => null : Environment.GetEnvironmentVariable),
            cancellation
        );
        await using var session = await client.OpenSessionAsync(order.Run, job.Part.Rank, cancellation: cancellation);
        await TrainingThread.RunAsync(() =>
        {
            using var trainer = new RunTrainer(
                order.Recipe,
                data,
                order.Seed,
                order.Threads,
                session,
                new Saves(order.State, job.Part.Rank),
                new RunCost(),
                device,
                job,
                new TrainingEvents(),
                evaluates: false
            );
            try
            {
                return trainer.Train(cancellation);
            }
            catch when (trainer.EndsAll)
            {
                job.Meet(); // in vain: the first one ends all once it has said why, and who ended before would keep it from that
                throw;
            }
        });
        return 0;
    }
}
