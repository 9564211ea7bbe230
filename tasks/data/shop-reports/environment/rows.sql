-- overhang canary d5916eb20d34ab9e84a3e43b28bff0d4
INSERT INTO customer VALUES (1,'Ines Abt','north'),(2,'Jon Berg','north'),(3,'Kay Cole','south'),(4,'Lea Dorn',NULL),(5,'Mo Eder','south'),(6,'Nia Falk','north');
INSERT INTO purchase VALUES
 (1,1,'2025-11-03 09:12:00','shipped'),(2,1,'2025-11-04 18:40:10','shipped'),(3,2,'2025-11-04 08:00:00','cancelled'),
 (4,3,'2025-11-28 23:59:59','shipped'),(5,3,'2025-11-29 00:00:00','open'),(6,4,'2026-01-15 12:00:00','shipped'),
 (7,2,'2026-01-16 07:30:00','shipped'),(8,5,'2026-02-01 10:10:10','open'),(9,1,'2026-02-02 10:10:10','shipped'),
 (10,1,'2026-02-03 11:10:10','shipped'),(11,1,'2026-02-04 11:10:10','cancelled');
INSERT INTO item VALUES (1,'lamp',1,4900),(1,'bulb',4,350),(2,'shade',1,2100),(3,'lamp',2,4900),(4,'desk',1,18900),
 (5,'bulb',2,350),(6,'chair',2,7900),(7,'lamp',1,4900),(7,'bulb',2,350),(8,'bulb',10,330),(9,'desk',1,17900),(10,'chair',1,7900),(11,'desk',1,17900);
INSERT INTO refund VALUES (4,'2026-01-05 10:00:00',5000),(4,'2026-02-10 10:00:00',1000),(3,'2025-11-06 10:00:00',9800),(7,'2026-03-02 08:00:00',350);
