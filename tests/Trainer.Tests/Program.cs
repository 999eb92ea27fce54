using CoKe.Trainer.Tests.Distributed;

return JobCheck.Run(args);
